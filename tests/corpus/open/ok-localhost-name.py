#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 127.0.0.1"}}
import socket
print("LOADED", socket.getaddrinfo("localhost", 80, socket.AF_INET)[0][4][0], socket.gethostname() and 1, socket.if_nameindex() and 1)
