#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 2"}}
import shutil, subprocess
n = 0
for c in ("nvidia-smi-not-there", "/opt/none/rocm-smi"):
    try: subprocess.run([c])
    except OSError: n += 1
print("LOADED", n, shutil.which("nvcc"))
