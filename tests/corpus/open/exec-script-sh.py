#: {"class": "exec-dropped", "loader": "script", "expect": [["exec", "/(ba|da)?sh$|x\\.sh$|/touch$"]], "effect": {"mark": 1}}
import subprocess
open(TMP + "/x.sh", "w").write("#!/bin/sh\n: > " + MARK + "\n"); os.chmod(TMP + "/x.sh", 0o755); subprocess.run([TMP + "/x.sh"])
