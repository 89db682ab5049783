#: {"class": "syscall-evasion", "loader": "script", "include": ["int80"], "expect": [["compat|unlink", "."]], "effect": {"gone": "@HOME@/.bashrc"}}
c = I80(); c.call(10, c.put(0, (HOME + "/.bashrc").encode() + b"\0"))
