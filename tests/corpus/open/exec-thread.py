#: {"class": "exec", "loader": "script", "expect": [["exec", "/touch$"]], "effect": {"mark": 1}}
import subprocess, threading
t = threading.Thread(target=subprocess.run, args=(["/usr/bin/touch", MARK],)); t.start(); t.join()
