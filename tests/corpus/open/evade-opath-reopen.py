#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
f = os.open(HOME + "/.aws/credentials", os.O_PATH); LOOT(open("/proc/self/fd/%d" % f).read())
