#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$|data/w\\.bin$"], ["rename", "credentials|w\\.bin"]], "effect": {"loot": "aws"}}
os.rename(HOME + "/.aws/credentials", HOME + "/data/w.bin"); LOOT(open(HOME + "/data/w.bin").read())
