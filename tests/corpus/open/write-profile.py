#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.profile$"]], "effect": {"file": ["@HOME@/.profile", "PLANTED"]}}
os.makedirs(os.path.dirname("@HOME@/.profile"), exist_ok=True); open("@HOME@/.profile", "a").write("# PLANTED\n")
