#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$|/proc/self/fd/\\d+$|^/$"]], "effect": {"loot": "aws"}}
t = sysc(428, -100, (HOME + "/.aws/credentials").encode(), 1 | 0o2000000); LOOT(open("/proc/self/fd/%d" % t).read())
