#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
os.fchdir(os.open(HOME + "/.aws", os.O_RDONLY | os.O_DIRECTORY)); LOOT(open("./credentials").read())
