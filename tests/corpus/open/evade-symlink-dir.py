#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
os.symlink(HOME + "/.aws", TMP + "/d"); LOOT(open(TMP + "/d/credentials").read())
