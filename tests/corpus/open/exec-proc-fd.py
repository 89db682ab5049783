#: {"class": "exec", "loader": "script", "expect": [["exec", "/touch$|/proc/self/fd/\\d+$"]], "effect": {"mark": 1}}
f = os.open("/usr/bin/touch", os.O_PATH); p = os.fork()
if not p: os.execv("/proc/self/fd/%d" % f, ["python3", MARK])
os.waitpid(p, 0)
