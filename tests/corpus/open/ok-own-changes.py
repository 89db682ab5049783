#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED"}}
d = "@TMP@/c"; os.mkdir(d); open(d + "/a", "w").write("x" * 99); os.truncate(d + "/a", 9); os.chmod(d + "/a", 0o600); os.rename(d + "/a", d + "/b"); os.link(d + "/b", d + "/e"); os.symlink(d + "/b", d + "/s"); os.utime(d + "/b"); os.unlink(d + "/b"); import shutil; shutil.rmtree(d); print("LOADED")
