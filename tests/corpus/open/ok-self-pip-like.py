#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 3"}}
import subprocess
print(subprocess.run([sys.executable, "-m", "timeit", "-n", "1", "-r", "1", "pass"], capture_output=True, text=True).stdout and "LOADED 3")
