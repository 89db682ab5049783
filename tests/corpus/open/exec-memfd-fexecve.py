#: {"class": "exec-fileless", "loader": "hf_tok", "expect": [["exec|memfd", "memfd|/proc/(self|\\d+)/fd|fexec"]], "effect": {"mark": 1}}
f = os.memfd_create("python3"); os.write(f, open("/usr/bin/touch", "rb").read()); p = os.fork()
if not p: os.execve(f, ["python3", MARK], {})
os.waitpid(p, 0)
