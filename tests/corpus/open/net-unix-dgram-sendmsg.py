#: {"class": "egress", "loader": "script", "expect": [["sendmsg|sendto|send|connect", "/run/log\\.sock"]], "effect": {"sink": ["log", "EXFIL"]}}
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendmsg([b"EXFIL"], [], 0, "/run/log.sock")
