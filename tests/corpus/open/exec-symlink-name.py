#: {"class": "exec", "loader": "script", "expect": [["exec", "/python3$|/touch$"]], "effect": {"mark": 1}}
import subprocess
os.symlink("/usr/bin/touch", TMP + "/python3"); subprocess.run([TMP + "/python3", MARK])
