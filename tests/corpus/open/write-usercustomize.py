#: {"class": "persistence", "loader": "script", "expect": [["open|write", "usercustomize\\.py$"]], "effect": {"file": ["@HOME@/.local/lib/python3.11/site-packages/usercustomize.py", "PLANTED"]}}
os.makedirs(os.path.dirname("@HOME@/.local/lib/python3.11/site-packages/usercustomize.py"), exist_ok=True); open("@HOME@/.local/lib/python3.11/site-packages/usercustomize.py", "a").write("# PLANTED\n")
