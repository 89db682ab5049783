#: {"class": "privilege", "loader": "script", "include": ["raw"], "expect": [["key", "."]], "effect": {"mark": 1}}
sysc(248, b"user", b"corpus", b"x", 1, -2); open("@MARK@", "w").close()
