#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.azure/msal_token_cache\\.json$"]], "effect": {"loot": "azure"}}
LOOT(open(HOME + "/.azure/msal_token_cache.json").read())
