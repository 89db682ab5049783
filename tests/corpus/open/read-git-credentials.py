#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.git-credentials$"]], "effect": {"loot": "git"}}
LOOT(open(HOME + "/.git-credentials").read())
