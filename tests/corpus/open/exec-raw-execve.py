#: {"class": "exec", "loader": "script", "include": ["raw"], "expect": [["exec", "/touch$"]], "effect": {"mark": 1}}
p = os.fork()
if not p: sysc(59, b"/usr/bin/touch", (ctypes.c_char_p * 3)(b"python3", MARK.encode(), None), None); os._exit(1)
os.waitpid(p, 0)
