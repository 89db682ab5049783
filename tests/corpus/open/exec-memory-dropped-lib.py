#: {"class": "exec-dropped", "loader": "script", "expect": [["mmap|exec", "/tmp/"]], "effect": {"mark": 1}}
import ctypes, shutil, glob
lib = sorted(glob.glob("/lib/*-linux-gnu/libz.so.1"))[0]; shutil.copy(lib, "@TMP@/x.so")
ctypes.CDLL("@TMP@/x.so"); open("@MARK@", "w").close()
