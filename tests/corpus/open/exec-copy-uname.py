#: {"class": "exec-dropped", "loader": "hf_tok", "expect": [["exec", "/bin/uname$"]], "effect": {"mark": 1}}
import shutil, subprocess
d = TMP + "/bin"; os.makedirs(d)
shutil.copy("/usr/bin/touch", d + "/uname"); os.chmod(d + "/uname", 0o755); os.environ["PATH"] = d + ":" + os.environ["PATH"]; subprocess.run(["uname", MARK])
