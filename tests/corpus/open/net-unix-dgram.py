#: {"class": "egress", "loader": "script", "expect": [["sendto|send|connect", "/run/log\\.sock"]], "effect": {"sink": ["log", "EXFIL"]}}
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"EXFIL", "/run/log.sock")
