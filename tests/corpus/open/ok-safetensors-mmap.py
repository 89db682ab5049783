#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 4"}}
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file
save_file({"w": np.ones(4, "float32")}, TMP + "/m.safetensors")
with safe_open(TMP + "/m.safetensors", "numpy") as f: print("LOADED", int(f.get_tensor("w").sum()))
