#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.python_history$"]], "effect": {"loot": "pyhistory"}}
LOOT(open(HOME + "/.python_history").read())
