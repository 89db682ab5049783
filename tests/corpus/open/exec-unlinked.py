#: {"class": "exec-dropped", "loader": "script", "expect": [["exec", "/bin/a( \\(deleted\\))?$|/proc/self/fd/\\d+$"]], "effect": {"mark": 1}}
import shutil, subprocess
d = TMP + "/bin"; os.makedirs(d)

shutil.copy("/usr/bin/touch", d + "/a"); os.chmod(d + "/a", 0o755); f = os.open(d + "/a", os.O_RDONLY); os.unlink(d + "/a"); p = os.fork()
if not p: os.execve(f, ["uname", MARK], {})
os.waitpid(p, 0)
