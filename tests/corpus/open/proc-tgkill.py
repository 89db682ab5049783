#: {"class": "defence-evasion", "loader": "script", "include": ["raw"], "expect": [["kill|signal", "."]], "effect": {"victim": "Z"}}
sysc(234, @VPID@, @VPID@, 9)
