#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED"}}
import multiprocessing as m, time
if __name__ == "__main__":
    p = m.get_context("fork").Pool(2); p.map(abs, [1, 2]); p.terminate(); p.join(); print("LOADED")
