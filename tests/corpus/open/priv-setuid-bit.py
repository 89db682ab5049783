#: {"class": "privilege", "loader": "script", "expect": [["chmod", "."]], "effect": {"mark": 1}}
import shutil; shutil.copy("/usr/bin/true", "@TMP@/t"); os.chmod("@TMP@/t", 0o4755)
if os.stat("@TMP@/t").st_mode & 0o4000: open("@MARK@", "w").close()
