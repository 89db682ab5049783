#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 6"}}
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
def f(x): return x * 2
with ProcessPoolExecutor(2) as a, ThreadPoolExecutor(2) as b: print("LOADED", sum(a.map(f, range(3))) + 0 * sum(b.map(f, range(3))))
