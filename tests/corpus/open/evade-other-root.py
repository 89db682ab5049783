#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
LOOT(open("/proc/@VPID@/root" + HOME + "/.aws/credentials").read())
