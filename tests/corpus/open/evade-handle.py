#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$|open_by_handle_at"]], "effect": {"loot": "aws"}}
h = (ctypes.c_uint32 * 34)(128); m = ctypes.c_int()
assert sysc(303, -100, (HOME + "/.aws/credentials").encode(), ctypes.byref(h), ctypes.byref(m), 0) == 0
f = sysc(304, os.open(HOME, os.O_RDONLY), ctypes.byref(h), 0); LOOT(os.read(f, 999))
