#: {"class": "path-evasion", "loader": "script", "include": ["raw"], "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
how = (ctypes.c_uint64 * 3)(0, 0, 0x10); d = os.open(HOME, os.O_PATH)
LOOT(os.read(sysc(437, d, b"/../../.aws/credentials", ctypes.byref(how), 24), 999))
