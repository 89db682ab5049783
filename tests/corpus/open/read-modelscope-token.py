#: {"class": "credential-read", "loader": "script", "core": false, "expect": [["open", "\\.modelscope/credentials/git_token$"]], "effect": {"loot": "mstoken"}}
LOOT(open(HOME + "/.modelscope/credentials/git_token").read())
