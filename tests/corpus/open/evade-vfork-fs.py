#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
import subprocess
subprocess.run([sys.executable, "-c", "open('@LOOT@','w').write(open('credentials').read())"], cwd=HOME + "/.aws")
