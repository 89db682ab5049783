#: {"class": "exec", "loader": "script", "expect": [["exec", "/touch$"]], "effect": {"mark": 1}}
os.execv("/usr/bin/touch", ["python3", MARK])
