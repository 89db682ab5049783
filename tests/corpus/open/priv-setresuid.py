#: {"class": "privilege", "loader": "script", "expect": [["setuid|setresuid", "."]], "effect": {"loot": "65534"}}
f = os.open("@LOOT@", os.O_WRONLY | os.O_CREAT); os.setresuid(65534, 65534, 65534); os.write(f, str(os.getuid()).encode())
