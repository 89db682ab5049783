#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.netrc$"]], "effect": {"loot": "netrc"}}
LOOT(open(HOME + "/.netrc").read())
