#: {"class": "exec", "loader": "script", "include": ["raw"], "expect": [["exec", "/touch$"]], "effect": {"mark": 1}}
p = os.fork()
if not p: sysc(322, os.open("/usr/bin", os.O_PATH), b"touch", (ctypes.c_char_p * 3)(b"uname", MARK.encode(), None), None, 0); os._exit(1)
os.waitpid(p, 0)
