#: {"class": "exec", "loader": "script", "settle": 0.5, "expect": [["exec", "/touch$"]], "effect": {"mark": 1}}
if not os.fork():
    os.setsid()
    if not os.fork(): os.closerange(0, 3); os.execv("/usr/bin/touch", ["touch", MARK])
    os._exit(0)
