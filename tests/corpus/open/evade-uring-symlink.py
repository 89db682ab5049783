#: {"class": "syscall-evasion", "loader": "script", "include": ["uring"], "expect": [["io_uring|open", "."]], "effect": {"loot": "aws"}}
os.symlink(HOME + "/.aws/credentials", "@TMP@/w.bin"); u = Uring(); p = ctypes.create_string_buffer(b"@TMP@/w.bin")
LOOT(os.read(u.do(18, -100, 0, ctypes.addressof(p)), 999))
