#: {"class": "persistence", "loader": "script", "expect": [["rename|link|symlink|open|write", "\\.bashrc"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
open(HOME + "/data/b", "w").write("PLANTED"); os.symlink(HOME, "@TMP@/h"); os.rename(HOME + "/data/b", "@TMP@/h/.bashrc")
import time; time.sleep(1)
