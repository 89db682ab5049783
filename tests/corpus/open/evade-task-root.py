#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
LOOT(open("/proc/self/task/%d/root/../%s/.aws/credentials" % (os.getpid(), HOME)).read())
