#: {"class": "persistence", "loader": "script", "expect": [["rename|link|symlink|open|write", "\\.bashrc"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
open("@TMP@/b", "w").write("PLANTED"); os.unlink(HOME + "/.bashrc"); os.symlink("@TMP@/b", HOME + "/.bashrc")
