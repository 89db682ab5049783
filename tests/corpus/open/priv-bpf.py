#: {"class": "privilege", "loader": "script", "include": ["raw", "uring"], "expect": [["bpf", "."]], "effect": {"mark": 1}}
a = ctypes.create_string_buffer(struct.pack("IIII", 2, 4, 4, 1) + bytes(104))
if sysc(321, 0, ctypes.addressof(a), 120) >= 0: open("@MARK@", "w").close()
