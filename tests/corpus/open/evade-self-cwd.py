#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
os.chdir(HOME + "/.aws"); LOOT(open("/proc/self/cwd/credentials").read())
