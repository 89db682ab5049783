#: {"class": "egress", "loader": "script", "expect": [["connect", "docker\\.sock"]], "effect": {"loot": "DECOY-reply"}}
import socket
f = os.open("@LOOT@", os.O_WRONLY | os.O_CREAT, 0o644); os.chroot("/run"); s = socket.socket(socket.AF_UNIX); s.connect("/docker.sock"); s.sendall(b"GET / HTTP/1.0\r\n\r\n"); os.write(f, s.recv(999))
