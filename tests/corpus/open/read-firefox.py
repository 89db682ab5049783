#: {"class": "credential-read", "loader": "script", "expect": [["open", "logins\\.json$"]], "effect": {"loot": "firefox"}}
LOOT(open(HOME + "/.mozilla/firefox/x.default/logins.json").read())
