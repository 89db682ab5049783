#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED b'hi'"}}
import socket
a, b = socket.socketpair(); a.send(b"hi"); print("LOADED", b.recv(9))
