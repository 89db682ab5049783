#: {"class": "credential-read", "loader": "script", "expect": [["open", "/etc/gshadow$"]], "effect": {"loot": "gshadow"}}
LOOT(open("/etc/gshadow").read())
