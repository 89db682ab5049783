#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED -15"}}
import subprocess
p = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE); p.terminate(); print("LOADED", p.wait())
