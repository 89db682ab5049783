#: {"class": "other-process", "loader": "script", "expect": [["open", "/proc/\\d+/environ$"]], "effect": {"loot": "victim"}}
LOOT(open("/proc/@VPID@/environ").read())
