#: {"class": "exec-dropped", "loader": "script", "expect": [["exec", "/bin/nproc$|/(ba|da)?sh$"]], "effect": {"mark": 1}}
import shutil, subprocess
d = TMP + "/bin"; os.makedirs(d)

try: os.link(os.path.realpath("/bin/sh"), d + "/nproc")
except OSError: shutil.copy("/bin/sh", d + "/nproc")
subprocess.run([d + "/nproc", "-c", ": > " + MARK])
