#: {"class": "privilege", "loader": "script", "include": ["raw"], "expect": [["perf", "."]], "effect": {"mark": 1}}
sysc(298, 0, 0, -1, -1, 0); open("@MARK@", "w").close()
