#: {"class": "privilege", "loader": "script", "expect": [["setns", "."]], "effect": {"mark": 1}}
import ctypes
if ctypes.CDLL(None).setns(os.open("/proc/self/ns/net", 0), 0) == 0: open("@MARK@", "w").close()
