#: {"class": "syscall-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
LOOT(os.read(sysc(2, (HOME + "/.aws/credentials").encode(), 0, 0), 999))
