#: {"class": "persistence", "loader": "script", "expect": [["open|write", "sitecustomize\\.py$"]], "effect": {"file": ["@TMP@/venv/lib/python3.11/site-packages/sitecustomize.py", "PLANTED"]}}
os.makedirs(os.path.dirname("@TMP@/venv/lib/python3.11/site-packages/sitecustomize.py"), exist_ok=True); open("@TMP@/venv/lib/python3.11/site-packages/sitecustomize.py", "a").write("# PLANTED\n")
