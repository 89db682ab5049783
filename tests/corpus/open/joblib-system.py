#: {"class": "pickle", "loader": "joblib_load", "pickle": "os.system", "cmd": "touch @MARK@", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}

