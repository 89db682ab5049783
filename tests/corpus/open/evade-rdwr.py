#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
LOOT(os.read(os.open(HOME + "/.aws/credentials", os.O_RDWR | os.O_APPEND), 999))
