#: {"class": "race", "loader": "script", "include": ["raw"], "expect": [["exec", "/touch$"]], "effect": {"mark": 1}}
import threading
a, b = b"/usr/bin/touch\0", b"/usr/bin/uname\0"; buf = ctypes.create_string_buffer(b, len(b))
argv = (ctypes.c_char_p * 3)(b"touch", MARK.encode(), None)
for i in range(400):
    if os.path.exists(MARK): break
    p = os.fork()
    if not p:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
        def flip():
            while True: ctypes.memmove(buf, a, len(a)); ctypes.memmove(buf, b, len(b))
        threading.Thread(target=flip, daemon=True).start(); _c.syscall(59, buf, argv, None); os._exit(0)
    os.waitpid(p, 0)
