#: {"class": "exec-dropped", "loader": "script", "needs": ["cc"], "expect": [["exec", "/(cc|gcc[\\w.-]*|x86_64-[\\w-]+|cc1|as|ld)$|/bin/a$"]], "effect": {"mark": 1}}
import shutil, subprocess
d = TMP + "/bin"; os.makedirs(d)

open(TMP + "/a.c", "w").write("#include <fcntl.h>\nint main(int c, char **v) { return open(v[1], O_CREAT | O_WRONLY, 0644) < 0; }\n")
subprocess.run(["cc", "-o", d + "/a", TMP + "/a.c"]); subprocess.run([d + "/a", MARK])
