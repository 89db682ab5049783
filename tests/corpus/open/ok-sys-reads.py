#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED"}}
import glob
for p in glob.glob("/sys/devices/system/cpu/cpu*/topology/*")[:20] + glob.glob("/sys/devices/system/node/node*/meminfo") + ["/proc/mounts", "/proc/filesystems", "/proc/sys/kernel/random/boot_id", "/sys/kernel/mm/transparent_hugepage/enabled", "/proc/stat", "/proc/version", "/proc/sys/vm/overcommit_memory"]:
    try: open(p).read()
    except OSError: pass
print("LOADED")
