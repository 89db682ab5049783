#: {"class": "defence-evasion", "loader": "script", "include": ["raw"], "expect": [["kill|signal|pidfd", "."]], "effect": {"victim": "Z"}}
sysc(424, os.pidfd_open(@VPID@), 9, 0, 0)
