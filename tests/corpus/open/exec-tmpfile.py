#: {"class": "exec-fileless", "loader": "script", "expect": [["exec|memfd", "#\\d+|/proc/(self|\\d+)/fd|deleted|execveat|@TMP@"]], "effect": {"mark": 1}}
f = os.open(TMP, os.O_TMPFILE | os.O_RDWR, 0o700); os.write(f, open("/usr/bin/touch", "rb").read()); g = os.open("/proc/self/fd/%d" % f, os.O_RDONLY); os.close(f)
p = os.fork()
if not p: os.execve(g, ["kworker", MARK], {})
os.waitpid(p, 0)
