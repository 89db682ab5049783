#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.bashrc$"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
f = os.open(".bashrc", os.O_WRONLY | os.O_APPEND, dir_fd=os.open(HOME, os.O_PATH)); os.write(f, b"# PLANTED\n")
