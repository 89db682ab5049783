#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
f = os.open(HOME + "/.aws", os.O_PATH | os.O_DIRECTORY); LOOT(open("/proc/self/fd/%d/credentials" % f).read())
