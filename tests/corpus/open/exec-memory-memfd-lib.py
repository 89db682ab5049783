#: {"class": "exec-fileless", "loader": "script", "expect": [["mmap|memfd|exec", "."]], "effect": {"mark": 1}}
import ctypes, shutil, glob
lib = sorted(glob.glob("/lib/*-linux-gnu/libuuid.so.1") + glob.glob("/lib/*-linux-gnu/libz.so.1"))[0]; f = os.memfd_create("m"); os.write(f, open(lib, "rb").read())
ctypes.CDLL("/proc/self/fd/%d" % f); open("@MARK@", "w").close()
