#: {"class": "exec", "loader": "script", "expect": [["exec", "/env$|/touch$"]], "effect": {"mark": 1}}
import subprocess; subprocess.run(["/usr/bin/env", "-i", "/usr/bin/touch", MARK])
