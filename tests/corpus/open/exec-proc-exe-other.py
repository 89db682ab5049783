#: {"class": "exec", "loader": "script", "expect": [["exec", "/sleep$|/proc/\\d+/exe$"]], "effect": {"stdout": "RAN 0"}}
import subprocess
print("RAN", subprocess.run(["/proc/@VPID@/exe", "0"]).returncode)
