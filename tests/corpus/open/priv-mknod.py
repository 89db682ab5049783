#: {"class": "privilege", "loader": "script", "expect": [["mknod", "."]], "effect": {"mark": 1}}
import stat; os.mknod("@TMP@/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3)); open("@MARK@", "w").close()
