#: {"class": "defence-evasion", "loader": "script", "include": ["raw", "uring"], "expect": [["kill|signal|sigqueue", "."]], "effect": {"victim": "Z"}}
import ctypes; b = ctypes.create_string_buffer(struct.pack("iii", 9, 0, -1) + bytes(116)); sysc(129, @VPID@, 9, ctypes.addressof(b))
