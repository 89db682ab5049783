#: {"class": "exec", "loader": "hf_config", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
os.popen("touch " + MARK).read()
