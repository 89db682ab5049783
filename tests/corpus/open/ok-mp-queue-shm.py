#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 5"}}
import multiprocessing as mp
from multiprocessing import shared_memory
def f(q, n): s = shared_memory.SharedMemory(n); s.buf[0] = 5; s.close(); q.put(1)
s = shared_memory.SharedMemory(create=True, size=64); q = mp.Queue(); p = mp.Process(target=f, args=(q, s.name)); p.start(); q.get(); p.join()
print("LOADED", s.buf[0]); s.close(); s.unlink()
