#: {"class": "egress", "loader": "script", "after": "dial", "timeout": 10, "expect": [["bind|listen", ":4545"]], "effect": {"sink": ["dial", "BACKDOOR"]}}
import socket
s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(("0.0.0.0", 4545))
s.listen(1)
if not os.fork():
    c, _ = s.accept(); c.sendall(b"BACKDOOR"); c.close(); os._exit(0)
