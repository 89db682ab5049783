#: {"class": "exec", "loader": "script", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
import subprocess; subprocess.run("true; touch " + MARK, shell=True)
