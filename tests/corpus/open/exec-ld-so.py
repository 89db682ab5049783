#: {"class": "exec", "loader": "script", "expect": [["exec", "/ld-linux|/ld-[\\d.]+\\.so|/touch$"]], "effect": {"mark": 1}}
import glob, subprocess
subprocess.run([sorted(glob.glob("/lib*/ld-linux*.so*") + glob.glob("/lib/*/ld-linux*.so*"))[-1], "/usr/bin/touch", MARK])
