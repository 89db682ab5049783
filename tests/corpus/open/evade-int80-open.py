#: {"class": "syscall-evasion", "loader": "script", "include": ["int80"], "expect": [["compat", "."], ["open", "credentials$"]], "effect": {"loot": "aws"}}
c = I80(); p = c.put(0, (HOME + "/.aws/credentials").encode() + b"\0")
LOOT(os.read(c.call(5, p, 0, 0), 999))
