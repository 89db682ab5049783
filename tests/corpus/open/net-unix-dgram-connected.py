#: {"class": "egress", "loader": "script", "expect": [["connect", "/run/log\\.sock"]], "effect": {"sink": ["log", "EXFIL"]}}
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect("/run/log.sock"); s.send(b"EXFIL")
