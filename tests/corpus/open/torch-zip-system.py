#: {"class": "pickle", "loader": "torch_load", "pickle": "os.system", "cmd": "touch @MARK@", "tier": "full", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}

