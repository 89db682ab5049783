#: {"class": "exec-fileless", "loader": "script", "expect": [["exec|memfd", "/ld-linux|/ld-[\\d.]+\\.so|memfd|/proc/(self|\\d+)/fd"]], "effect": {"mark": 1}}
import glob
f = os.memfd_create("x", 0); os.set_inheritable(f, True); os.write(f, open("/usr/bin/touch", "rb").read()); p = os.fork()
ld = sorted(glob.glob("/lib*/ld-linux*.so*") + glob.glob("/lib/*/ld-linux*.so*"))[-1]
if not p: os.execv(ld, ["ld", "/proc/self/fd/%d" % f, MARK])
os.waitpid(p, 0)
