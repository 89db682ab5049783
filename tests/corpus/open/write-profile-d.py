#: {"class": "persistence", "loader": "script", "core": false, "expect": [["open|write", "/etc/profile\\.d/upd\\.sh$"]], "effect": {"file": ["/etc/profile.d/upd.sh", "PLANTED"]}}
os.makedirs(os.path.dirname("/etc/profile.d/upd.sh"), exist_ok=True); open("/etc/profile.d/upd.sh", "a").write("# PLANTED\n")
