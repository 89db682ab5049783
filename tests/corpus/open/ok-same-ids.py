#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED"}}
os.setgid(os.getgid()); os.setuid(os.getuid()); os.umask(0o22); print("LOADED")
