#: {"class": "other-process", "loader": "script", "include": ["raw"], "expect": [["pidfd", "."]], "effect": {"mark": 1}}
f = sysc(438, os.pidfd_open(@VPID@), 1, 0)
if f >= 0: open("@MARK@", "w").close()
