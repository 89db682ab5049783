#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 7"}}
import multiprocessing as mp
def f(d): d["x"] = 7
if __name__ == "__main__":
    with mp.Manager() as m:
        d = m.dict(); p = mp.Process(target=f, args=(d,)); p.start(); p.join(); print("LOADED", d["x"])
