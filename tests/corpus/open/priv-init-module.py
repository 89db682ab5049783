#: {"class": "privilege", "loader": "script", "include": ["raw"], "expect": [["module", "."]], "effect": {"mark": 1}}
sysc(175, 0, 0, 0); open("@MARK@", "w").close()
