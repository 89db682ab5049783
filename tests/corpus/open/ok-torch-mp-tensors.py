#: {"kind": "benign", "loader": "script", "tier": "full", "timeout": 120, "effect": {"stdout": "LOADED 4"}}
import torch, torch.multiprocessing as mp
def f(q): q.put(torch.ones(4)); import time; q.join()
if __name__ == "__main__":
    q = mp.JoinableQueue(); p = mp.Process(target=f, args=(q,)); p.start(); print("LOADED", int(q.get().sum())); q.task_done(); p.join()
