#: {"class": "egress", "loader": "script", "after": "dial", "timeout": 10, "expect": [["bind|listen", ":4545"]], "effect": {"sink": ["dial", "BACKDOOR"]}}
import socket
s = socket.socket(socket.AF_INET6); s.setsockopt(1, 2, 1); s.setsockopt(41, 26, 0); s.bind(("::", 4545))
s.listen(1)
if not os.fork():
    c, _ = s.accept(); c.sendall(b"BACKDOOR"); c.close(); os._exit(0)
