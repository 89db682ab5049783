#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
import ctypes; c = ctypes.CDLL(None); c.fopen.restype = ctypes.c_void_p; f = c.fopen((HOME + "/.aws/credentials").encode(), b"r"); b = ctypes.create_string_buffer(999); c.fread(b, 1, 999, ctypes.c_void_p(f)); LOOT(b.value)
