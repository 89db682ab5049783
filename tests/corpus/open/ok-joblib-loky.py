#: {"kind": "benign", "loader": "script", "timeout": 120, "effect": {"stdout": "LOADED 6"}}
import math
from joblib import Parallel, delayed
if __name__ == "__main__": print("LOADED", int(sum(Parallel(n_jobs=2)(delayed(math.sqrt)(i * i) for i in range(4)))))
