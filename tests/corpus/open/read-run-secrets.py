#: {"class": "credential-read", "loader": "script", "expect": [["open", "serviceaccount/token$"]], "effect": {"loot": "sa"}}
LOOT(open("/run/secrets/kubernetes.io/serviceaccount/token").read())
