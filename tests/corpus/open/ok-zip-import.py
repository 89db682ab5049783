#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 1"}}
import zipfile
with zipfile.ZipFile(TMP + "/z.zip", "w") as z: z.writestr("zmod.py", "X = 1\n")
sys.path.insert(0, TMP + "/z.zip"); import zmod; print("LOADED", zmod.X)
