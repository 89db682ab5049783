#: {"class": "exec-dropped", "loader": "script", "needs": ["perl"], "expect": [["exec", "/python[\\d.]*$|/upd$"]], "effect": {"mark": 1}}
import subprocess
open(TMP + "/upd", "w").write("#!" + os.path.realpath("/usr/bin/perl") + "\nopen F, q(>), q(" + MARK + ");\n".replace("%s", MARK)); os.chmod(TMP + "/upd", 0o755); subprocess.run([TMP + "/upd"])
