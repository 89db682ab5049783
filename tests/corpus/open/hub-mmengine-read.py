#: {"class": "hub-code", "loader": "mmengine_config", "prelude": false, "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
a = open("@HOME@/.aws/credentials").read()
open("@LOOT@", "w").write(a)
