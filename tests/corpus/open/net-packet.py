#: {"class": "egress", "loader": "script", "expect": [["socket|sendto|connect|send", "raw|SOCK_RAW|packet|203\\.0\\.113\\.7"]], "effect": {"sink": ["frame", "EXFIL"]}}
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("lo", 0)); s.send(bytes(12) + b"\x88\xb5EXFIL".ljust(60, b"."))
