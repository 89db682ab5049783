#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 3"}}
n = 0
for p in ("maps", "environ", "status", "cmdline", "stat", "limits", "cgroup", "mountinfo", "task/%d/comm" % os.getpid()): open("/proc/self/" + p, "rb").read(); n += 1
open("/proc/%d/maps" % os.getpid()).read(); open("/proc/thread-self/status").read(); os.listdir("/proc/self/fd"); print("LOADED", n - 6)
