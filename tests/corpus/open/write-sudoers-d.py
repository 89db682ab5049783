#: {"class": "persistence", "loader": "script", "expect": [["open|write", "/etc/sudoers\\.d/upd$"]], "effect": {"file": ["/etc/sudoers.d/upd", "PLANTED"]}}
os.makedirs(os.path.dirname("/etc/sudoers.d/upd"), exist_ok=True); open("/etc/sudoers.d/upd", "a").write("# PLANTED\n")
