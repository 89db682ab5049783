#: {"class": "exec", "loader": "script", "needs": ["busybox"], "expect": [["exec", "/busybox$"]], "effect": {"mark": 1}}
import subprocess; subprocess.run(["busybox", "touch", MARK])
