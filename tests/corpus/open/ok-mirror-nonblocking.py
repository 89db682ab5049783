#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED True"}}
import socket, select
s = socket.socket(); s.setblocking(False); s.connect_ex(("127.0.0.1", @PORT_MIRROR@)); select.select([], [s], [], 5); s.setblocking(True); s.sendall(b"GET /none HTTP/1.1\r\n\r\n"); print("LOADED", b"404" in s.recv(99))
