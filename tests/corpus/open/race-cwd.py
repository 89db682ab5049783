#: {"class": "race", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
import threading
open(HOME + "/data/credentials", "w").write("harmless"); stop = False
def flip():
    while not stop: os.chdir(HOME + "/.aws"); os.chdir(HOME + "/data")
os.chdir(HOME + "/data"); t = threading.Thread(target=flip); t.start()
for i in range(200000):
    d = open("credentials").read()
    if "DECOY-aws" in d: LOOT(d); break
stop = True; t.join()
