#: {"class": "privilege", "loader": "script", "include": ["raw"], "expect": [["unshare|clone", "."]], "effect": {"mark": 1}}
p = sysc(56, 0x10000000 | 17, 0, 0, 0, 0)
if p == 0: open("@MARK@", "w").close(); os._exit(0)
os.waitpid(p, 0)
