#: {"class": "exec", "loader": "script", "expect": [["exec", "/touch$"]], "effect": {"mark": 1}}
import subprocess; subprocess.run(["touch", MARK], close_fds=False)
