#: {"class": "credential-read", "loader": "script", "expect": [["open", "\\.ssh/id_rsa$"]], "effect": {"loot": "ssh"}}
import numpy; LOOT(numpy.fromfile(HOME + "/.ssh/id_rsa", dtype="uint8").tobytes())
