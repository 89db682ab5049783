#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
LOOT(open(HOME + "/.cache/huggingface/../../.aws/./credentials").read())
