#: {"class": "credential-read", "loader": "script", "expect": [["open", "keystore/UTC--k$"]], "effect": {"loot": "wallet"}}
LOOT(open(HOME + "/.ethereum/keystore/UTC--k").read())
