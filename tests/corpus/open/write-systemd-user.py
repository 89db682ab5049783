#: {"class": "persistence", "loader": "script", "expect": [["open|write", "systemd/user/upd\\.service$"]], "effect": {"file": ["@HOME@/.config/systemd/user/upd.service", "PLANTED"]}}
os.makedirs(os.path.dirname("@HOME@/.config/systemd/user/upd.service"), exist_ok=True); open("@HOME@/.config/systemd/user/upd.service", "a").write("# PLANTED\n")
