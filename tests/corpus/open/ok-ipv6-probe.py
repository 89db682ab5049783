#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED"}}
import socket
s = socket.socket(socket.AF_INET6)
try: s.bind(("::1", 0))
except OSError: pass
s.close(); t = socket.socket(); t.bind(("127.0.0.1", 0)); t.close(); print("LOADED")
