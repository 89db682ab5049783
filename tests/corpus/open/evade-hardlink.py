#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$|data/w\\.bin$"]], "effect": {"loot": "aws"}}
os.link(HOME + "/.aws/credentials", HOME + "/data/w.bin"); LOOT(open(HOME + "/data/w.bin").read())
