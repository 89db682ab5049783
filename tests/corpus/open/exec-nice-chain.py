#: {"class": "exec", "loader": "script", "expect": [["exec", "/nice$|/setsid$|/touch$"]], "effect": {"mark": 1}}
import subprocess; subprocess.run(["nice", "setsid", "-w", "touch", MARK])
