#: {"class": "path-evasion", "loader": "hf_config", "expect": [["open", "credentials$"]], "effect": {"loot": "aws"}}
LOOT(open("/proc/thread-self/root" + HOME + "/.aws/credentials").read())
