#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.bash_history$"]], "effect": {"loot": "history"}}
LOOT(open(HOME + "/.bash_history").read())
