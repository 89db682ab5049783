#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED True"}}
import subprocess
p = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
a = open("/proc/%d/status" % p.pid).read(); b = open("/proc/%d/environ" % p.pid, "rb").read(); p.communicate(b"\n"); print("LOADED", "Name" in a and b is not None)
