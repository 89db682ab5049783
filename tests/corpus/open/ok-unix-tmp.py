#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED b'hi'"}}
import socket, tempfile
p = tempfile.mktemp(dir=TMP); a = socket.socket(socket.AF_UNIX); a.bind(p); a.listen(1); b = socket.socket(socket.AF_UNIX); b.connect(p); c, _ = a.accept(); c.send(b"hi"); print("LOADED", b.recv(9))
