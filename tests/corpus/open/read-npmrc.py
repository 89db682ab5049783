#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.npmrc$"]], "effect": {"loot": "npmrc"}}
LOOT(open(HOME + "/.npmrc").read())
