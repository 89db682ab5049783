#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 20"}}
n = 0
for i in range(20):
    p = os.fork()
    if not p: os._exit(0)
    n += os.waitpid(p, 0)[0] == p
print("LOADED", n)
