#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
_c.unshare(0x20000); os.mkdir(TMP + "/m"); t = sysc(428, -100, (HOME + "/.aws").encode(), 1 | 0o2000000)
assert sysc(429, t, b"", -100, (TMP + "/m").encode(), 4) == 0; LOOT(open(TMP + "/m/credentials").read())
