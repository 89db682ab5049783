#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED"}}
import ctypes, ctypes.util, mmap
m = mmap.mmap(-1, 65536); m.write(b"x"); l = ctypes.CDLL(None); l.prctl(15, b"worker", 0, 0, 0); l.prctl(1, 9, 0, 0, 0); os.nice(1); import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); print("LOADED")
