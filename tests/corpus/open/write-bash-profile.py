#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.bash_profile$"]], "effect": {"file": ["@HOME@/.bash_profile", "PLANTED"]}}
os.makedirs(os.path.dirname("@HOME@/.bash_profile"), exist_ok=True); open("@HOME@/.bash_profile", "a").write("# PLANTED\n")
