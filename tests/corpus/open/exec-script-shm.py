#: {"class": "exec-dropped", "loader": "script", "expect": [["exec", "/dev/shm/|/(ba|da)?sh$"]], "effect": {"mark": 1}}
import subprocess
open("/dev/shm/.corpus-y", "w").write("#!/bin/sh\n: > " + MARK + "\n"); os.chmod("/dev/shm/.corpus-y", 0o755)
subprocess.run(["/dev/shm/.corpus-y"]); os.unlink("/dev/shm/.corpus-y")
