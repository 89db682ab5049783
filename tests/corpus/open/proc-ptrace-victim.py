#: {"class": "other-process", "loader": "script", "expect": [["ptrace", "."]], "effect": {"mark": 1}}
import ctypes
if ctypes.CDLL(None).ptrace(0x4206, @VPID@, 0, 0) == 0: open("@MARK@", "w").close()
