#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 3"}}
import tempfile
with tempfile.NamedTemporaryFile() as a, tempfile.TemporaryDirectory() as b, tempfile.TemporaryFile() as c:
    a.write(b"abc"); c.write(b"x"); open(b + "/x", "w").write("y"); print("LOADED", a.tell())
