#: {"class": "egress", "loader": "script", "expect": [["connect", "corpus-sink"]], "effect": {"sink": ["abstract", "EXFIL"]}}
import socket
s = socket.socket(socket.AF_UNIX); s.connect("\0corpus-sink"); s.sendall(b"EXFIL"); s.close()
