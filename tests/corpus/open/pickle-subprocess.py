#: {"class": "pickle", "loader": "script", "expect": [["exec", "/touch$"]], "effect": {"mark": 1}}
import pickle, subprocess
class R:
    def __reduce__(self): return subprocess.check_call, (["/usr/bin/touch", MARK],)
pickle.loads(pickle.dumps(R()))
