#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$|data/w\\.bin$"], ["rename", "credentials|w\\.bin"]], "effect": {"loot": "aws"}}
open(HOME + "/data/w.bin", "w").write("x")
assert sysc(316, -100, (HOME + "/.aws/credentials").encode(), -100, (HOME + "/data/w.bin").encode(), 2) == 0
LOOT(open(HOME + "/data/w.bin").read())
