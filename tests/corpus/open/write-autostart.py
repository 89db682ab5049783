#: {"class": "persistence", "loader": "script", "expect": [["open|write", "autostart/upd\\.desktop$"]], "effect": {"file": ["@HOME@/.config/autostart/upd.desktop", "PLANTED"]}}
os.makedirs(os.path.dirname("@HOME@/.config/autostart/upd.desktop"), exist_ok=True); open("@HOME@/.config/autostart/upd.desktop", "a").write("# PLANTED\n")
