#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 42"}}
import subprocess
print(subprocess.run([sys.executable, "-c", "print('LOADED', 6 * 7)"], capture_output=True, text=True).stdout)
