#: {"class": "egress", "loader": "script", "expect": [["socket|sendto|connect|send", "raw|SOCK_RAW|packet|203\\.0\\.113\\.7"]], "effect": {"sink": ["frame", "EXFIL"]}}
import socket
socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).sendto(b"EXFIL".ljust(60, b"."), ("lo", 0x88b5, 0, 0, bytes(6)))
