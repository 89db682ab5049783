#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.ssh/id_rsa$"]], "effect": {"loot": "ssh"}}
import shutil; shutil.copyfile(HOME + "/.ssh/id_rsa", TMP + "/x"); LOOT(open(TMP + "/x").read())
