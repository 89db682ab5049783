#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 6"}}
import multiprocessing as mp
def f(x): return x * 2
with mp.get_context("fork").Pool(2) as p: print("LOADED", sum(p.map(f, range(3))))
