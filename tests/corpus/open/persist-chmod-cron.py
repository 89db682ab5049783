#: {"class": "persistence", "loader": "script", "expect": [["chmod|open|write|rename", "cron"]], "effect": {"file": ["/var/spool/cron/crontabs/root", "PLANTED"]}}
open("@TMP@/b", "w").write("PLANTED"); os.rename("@TMP@/b", "/var/spool/cron/crontabs/b") if False else None
import shutil; shutil.copy("@TMP@/b", "/var/spool/cron/crontabs/root")
