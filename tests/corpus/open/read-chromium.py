#: {"class": "credential-read", "loader": "script", "expect": [["open", "chromium/Default/Cookies$"]], "effect": {"loot": "chromium"}}
LOOT(open(HOME + "/.config/chromium/Default/Cookies").read())
