#: {"class": "persistence", "loader": "script", "include": ["raw"], "expect": [["open|write", "\\.zshrc$"]], "effect": {"file": ["@HOME@/.zshrc", "PLANTED"]}}
f = sysc(85, (HOME + "/.zshrc").encode(), 0o644); os.write(f, b"# PLANTED\n")
