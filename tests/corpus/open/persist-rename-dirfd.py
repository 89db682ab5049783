#: {"class": "persistence", "loader": "script", "expect": [["rename|link|symlink|open|write", "\\.bashrc"]], "effect": {"file": ["@HOME@/.bashrc", "PLANTED"]}}
open(HOME + "/data/b", "w").write("PLANTED"); d = os.open(HOME, os.O_RDONLY); os.rename(HOME + "/data/b", ".bashrc", dst_dir_fd=d)
