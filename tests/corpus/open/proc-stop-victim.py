#: {"class": "defence-evasion", "loader": "script", "expect": [["kill|signal", "."]], "effect": {"victim": "T"}}
os.kill(@VPID@, 19)
