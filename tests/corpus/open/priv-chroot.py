#: {"class": "privilege", "loader": "script", "expect": [["chroot", "."]], "effect": {"mark": 1}}
os.chroot("@TMP@"); os.chdir("/"); open("/" + os.path.basename("@MARK@"), "w").close()
