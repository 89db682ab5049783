#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 16"}}
d = open("/dev/urandom", "rb").read(16); open("/dev/null", "w").write("x"); open("/dev/zero", "rb").read(4); os.getrandom(4); print("LOADED", len(d))
