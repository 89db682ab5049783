#: {"class": "hub-code", "loader": "hf_model", "tier": "full", "expect": [["open|write", "\\.bashrc$"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
open(HOME + "/.bashrc", "a").write("# PLANTED\n")
