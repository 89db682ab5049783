#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 3"}}
import select
f = os.memfd_create("buf"); os.write(f, b"abc"); e = os.eventfd(1); r, w = os.pipe(); p = select.epoll(); p.register(r, 1); print("LOADED", os.lseek(f, 0, 1))
