#: {"class": "persistence", "loader": "script", "expect": [["open|write", "site-packages/upd\\.pth$"]], "effect": {"file": ["@HOME@/.local/lib/python3.11/site-packages/upd.pth", "PLANTED"]}}
os.makedirs(os.path.dirname("@HOME@/.local/lib/python3.11/site-packages/upd.pth"), exist_ok=True); open("@HOME@/.local/lib/python3.11/site-packages/upd.pth", "a").write("# PLANTED\n")
