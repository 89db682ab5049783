#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.bashrc$"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
f = os.open(HOME + "/.bashrc", os.O_RDWR); os.lseek(f, 0, 2); os.write(f, b"# PLANTED\n")
