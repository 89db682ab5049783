#: {"class": "exec-fileless", "loader": "script", "expect": [["exec|memfd", "memfd|/proc/(self|\\d+)/fd|/dev/fd/|/(ba|da)?sh$"]], "effect": {"mark": 1}}
f = os.memfd_create("x", 0); os.set_inheritable(f, True); os.write(f, b"#!/bin/sh\n: > " + MARK.encode() + b"\n"); p = os.fork()
if not p: os.execv("/proc/self/fd/%d" % f, ["x"])
os.waitpid(p, 0)
