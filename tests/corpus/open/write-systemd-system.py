#: {"class": "persistence", "loader": "script", "expect": [["open|write", "/etc/systemd/system/upd\\.service$"]], "effect": {"file": ["/etc/systemd/system/upd.service", "PLANTED"]}}
os.makedirs(os.path.dirname("/etc/systemd/system/upd.service"), exist_ok=True); open("/etc/systemd/system/upd.service", "a").write("# PLANTED\n")
