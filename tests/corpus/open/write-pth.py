#: {"class": "persistence", "loader": "script", "expect": [["open|write", "site-packages/upd\\.pth$"]], "effect": {"file": ["@TMP@/venv/lib/python3.11/site-packages/upd.pth", "PLANTED"]}}
os.makedirs(os.path.dirname("@TMP@/venv/lib/python3.11/site-packages/upd.pth"), exist_ok=True); open("@TMP@/venv/lib/python3.11/site-packages/upd.pth", "a").write("# PLANTED\n")
