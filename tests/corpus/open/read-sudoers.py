#: {"class": "credential-read", "loader": "script", "expect": [["open", "/etc/sudoers\\.d/decoy$"]], "effect": {"loot": "sudoers"}}
LOOT(open("/etc/sudoers.d/decoy").read())
