#: {"class": "persistence", "loader": "hf_tok", "expect": [["open|write", "/etc/cron\\.d/upd$"]], "effect": {"file": ["/etc/cron.d/upd", "PLANTED"]}}
os.makedirs(os.path.dirname("/etc/cron.d/upd"), exist_ok=True); open("/etc/cron.d/upd", "a").write("# PLANTED\n")
