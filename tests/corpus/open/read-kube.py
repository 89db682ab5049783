#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.kube/config$"]], "effect": {"loot": "kube"}}
LOOT(open(HOME + "/.kube/config").read())
