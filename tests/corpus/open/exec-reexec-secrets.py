#: {"class": "escape-tag", "loader": "script", "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
import subprocess
subprocess.run([sys.executable, "-S", "-E", "-c", "open('@LOOT@','w').write(open('@HOME@/.aws/credentials').read())"], env={})
