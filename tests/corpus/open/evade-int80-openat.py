#: {"class": "syscall-evasion", "loader": "script", "include": ["int80"], "expect": [["compat", "."], ["open", "credentials$"]], "effect": {"loot": "aws"}}
c = I80(); p = c.put(0, (HOME + "/.aws/credentials").encode() + b"\0")
LOOT(os.read(c.call(295, 0xffffff9c, p, 0), 999))
