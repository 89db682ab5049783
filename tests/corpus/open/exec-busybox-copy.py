#: {"class": "exec-dropped", "loader": "script", "needs": ["busybox"], "expect": [["exec", "/bin/touch$"]], "effect": {"mark": 1}}
import shutil, subprocess
d = TMP + "/bin"; os.makedirs(d)
shutil.copy(shutil.which("busybox"), d + "/touch"); os.chmod(d + "/touch", 0o755); subprocess.run([d + "/touch", MARK])
