#: {"class": "privilege", "loader": "script", "expect": [["mount|unshare", "."]], "effect": {"mark": 1}}
import ctypes; l = ctypes.CDLL(None); os.mkdir("@TMP@/m")
l.unshare(0x20000); l.mount(b"none", b"/", b"", 0x44000, 0)
if l.mount(b"none", b"@TMP@/m", b"tmpfs", 0, 0) == 0: open("@MARK@", "w").close()
