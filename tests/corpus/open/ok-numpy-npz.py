#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 8"}}
import numpy as np
np.savez_compressed(TMP + "/d.npz", a=np.ones(8)); print("LOADED", int(np.load(TMP + "/d.npz")["a"].sum()))
