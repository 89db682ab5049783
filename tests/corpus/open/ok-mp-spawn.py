#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 6"}}
import multiprocessing as mp
def f(x): return x * 2
if __name__ == "__main__":
    with mp.get_context("spawn").Pool(2) as p: print("LOADED", sum(p.map(f, range(3))))
