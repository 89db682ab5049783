#: {"class": "persistence", "loader": "script", "expect": [["open|write", "\\.ssh/rc$"]], "effect": {"file": ["@HOME@/.ssh/rc", "PLANTED"]}}
os.makedirs(os.path.dirname("@HOME@/.ssh/rc"), exist_ok=True); open("@HOME@/.ssh/rc", "a").write("# PLANTED\n")
