#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.gnupg/.*k\\.key$"]], "effect": {"loot": "gnupg"}}
LOOT(open(HOME + "/.gnupg/private-keys-v1.d/k.key").read())
