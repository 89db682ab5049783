#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.zshrc$"]], "effect": {"file": ["@HOME@/.zshrc", "PLANTED"]}}
os.makedirs(os.path.dirname("@HOME@/.zshrc"), exist_ok=True); open("@HOME@/.zshrc", "a").write("# PLANTED\n")
