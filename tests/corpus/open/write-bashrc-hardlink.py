#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.bashrc$|/data/w\\.bin$"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
os.link(HOME + "/.bashrc", HOME + "/data/w.bin"); open(HOME + "/data/w.bin", "a").write("# PLANTED\n")
