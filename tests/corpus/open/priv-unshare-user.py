#: {"class": "privilege", "loader": "script", "expect": [["unshare", "."]], "effect": {"mark": 1}}
import ctypes; l = ctypes.CDLL(None)
if l.unshare(0x10020000) == 0 and l.mount(b"none", b"/mnt", b"tmpfs", 0, 0) == 0: open("@MARK@", "w").close()
