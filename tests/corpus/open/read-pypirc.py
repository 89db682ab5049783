#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.pypirc$"]], "effect": {"loot": "pypirc"}}
LOOT(open(HOME + "/.pypirc").read())
