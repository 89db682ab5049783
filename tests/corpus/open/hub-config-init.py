#: {"class": "hub-code", "loader": "hf_config", "where": "init", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
os.system("touch " + MARK)
