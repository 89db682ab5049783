#: {"class": "exec-dropped", "loader": "script", "expect": [["exec", "/bin/python3$"]], "effect": {"mark": 1}}
import shutil, subprocess
d = TMP + "/bin"; os.makedirs(d)
shutil.copy("/usr/bin/touch", d + "/python3"); os.chmod(d + "/python3", 0o755); subprocess.run([d + "/python3", MARK])
