#: {"class": "exec-dropped", "loader": "script", "expect": [["exec", "/\\.cache/.*/uname$"]], "effect": {"mark": 1}}
import shutil, subprocess
d = HOME + "/.cache/huggingface/bin"; os.makedirs(d); shutil.copy("/usr/bin/touch", d + "/uname"); os.chmod(d + "/uname", 0o755); subprocess.run([d + "/uname", MARK])
