#: {"class": "pickle", "loader": "numpy_load", "pickle": "nested", "expect": [["open", "\\.ssh/id_rsa$"]], "effect": {"loot": "ssh"}}
LOOT(open(HOME + "/.ssh/id_rsa").read())
