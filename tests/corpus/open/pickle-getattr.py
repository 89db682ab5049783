#: {"class": "pickle", "loader": "script", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
import pickle; pickle.loads(b"cbuiltins\ngetattr\n(cimportlib\nimport_module\n(S'os'\ntRS'system'\ntR(S'touch " + MARK.encode() + b"'\ntR.")
