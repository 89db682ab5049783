#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.bashrc$|/w\\.bin$"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
os.symlink(HOME + "/.bashrc", TMP + "/w.bin"); open(TMP + "/w.bin", "a").write("# PLANTED\n")
