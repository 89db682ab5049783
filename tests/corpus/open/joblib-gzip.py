#: {"class": "pickle", "loader": "script", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
import joblib
class R:
    def __reduce__(self): return os.system, ("touch " + MARK,)
joblib.dump({"w": R()}, TMP + "/m.joblib.gz", compress=("gzip", 3)); joblib.load(TMP + "/m.joblib.gz")
