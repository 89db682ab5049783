#: {"class": "pickle", "loader": "script", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
import pickle; pickle.loads(b"cposix\nsystem\n(S'touch " + MARK.encode() + b"'\ntR.")
