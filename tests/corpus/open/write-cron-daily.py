#: {"class": "persistence", "loader": "script", "expect": [["open|write", "/etc/cron\\.daily/upd$"]], "effect": {"file": ["/etc/cron.daily/upd", "PLANTED"]}}
os.makedirs(os.path.dirname("/etc/cron.daily/upd"), exist_ok=True); open("/etc/cron.daily/upd", "a").write("# PLANTED\n")
