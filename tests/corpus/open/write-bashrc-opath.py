#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.bashrc$"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
f = os.open(HOME + "/.bashrc", os.O_PATH); open("/proc/self/fd/%d" % f, "a").write("# PLANTED\n")
