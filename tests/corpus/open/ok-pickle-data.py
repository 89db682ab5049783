#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 3"}}
import pickle, collections
pickle.dump(collections.OrderedDict(a=[1, 2]), open(TMP + "/d.pkl", "wb")); print("LOADED", sum(pickle.load(open(TMP + "/d.pkl", "rb"))["a"]))
