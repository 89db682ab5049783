#: {"class": "privilege", "loader": "script", "include": ["raw"], "expect": [["userfaultfd", "."]], "effect": {"mark": 1}}
sysc(323, 0); open("@MARK@", "w").close()
