#: {"class": "persistence", "loader": "script", "expect": [["rename|link|symlink|open|write", "\\.bashrc"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
open(HOME + "/data/b", "w").write("PLANTED"); os.unlink(HOME + "/.bashrc"); os.link(HOME + "/data/b", HOME + "/.bashrc")
