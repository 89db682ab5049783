#: {"class": "exec", "loader": "script", "needs": ["awk"], "expect": [["exec", "/(m|g|n)?awk$|/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
import subprocess; subprocess.run(["awk", "BEGIN{system(\"touch %s\")}" % MARK])
