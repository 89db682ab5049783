#: {"class": "egress", "loader": "script", "expect": [["connect", "::1.*@PORT_LO6@"]], "effect": {"sink": ["lo6", "EXFIL"]}}
import socket
s = socket.create_connection(("::1", @PORT_LO6@)); s.sendall(b"EXFIL"); s.close()
