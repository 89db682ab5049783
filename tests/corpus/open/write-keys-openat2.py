#: {"class": "persistence", "loader": "script", "include": ["raw"], "expect": [["open|write", "\\.ssh/authorized_keys$"]], "effect": {"file": ["@HOME@/.ssh/authorized_keys", "PLANTED"]}}
how = (ctypes.c_uint64 * 3)(os.O_WRONLY | os.O_CREAT, 0o600, 0); os.write(sysc(437, -100, (HOME + "/.ssh/authorized_keys").encode(), ctypes.byref(how), 24), b"ssh-ed25519 PLANTED\n")
