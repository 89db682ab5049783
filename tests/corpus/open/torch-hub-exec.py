#: {"class": "hub-code", "loader": "torch_hub", "tier": "full", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
os.system("touch " + MARK)
