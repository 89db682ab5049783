#: {"class": "exec", "loader": "script", "needs": ["perl"], "expect": [["exec", "/perl[\\d.]*$"]], "effect": {"mark": 1}}
import subprocess; subprocess.run(["perl", "-e", "open F, q(>), shift", MARK])
