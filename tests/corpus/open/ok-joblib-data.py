#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 10"}}
import joblib, numpy as np
joblib.dump({"w": np.ones(10)}, TMP + "/d.joblib", compress=3); print("LOADED", int(joblib.load(TMP + "/d.joblib")["w"].sum())); joblib.dump(np.ones(10), TMP + "/e.joblib"); joblib.load(TMP + "/e.joblib", mmap_mode="r")
