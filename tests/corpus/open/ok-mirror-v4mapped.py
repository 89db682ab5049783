#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED True"}}
import socket
s = socket.socket(socket.AF_INET6); s.connect(("::ffff:127.0.0.1", @PORT_MIRROR@)); s.sendall(b"GET /none HTTP/1.1\r\n\r\n"); print("LOADED", b"404" in s.recv(99))
