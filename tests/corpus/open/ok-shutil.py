#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 1"}}
import shutil
os.makedirs(TMP + "/a/b"); open(TMP + "/a/b/c", "w").write("x"); shutil.copytree(TMP + "/a", TMP + "/z"); shutil.make_archive(TMP + "/arc", "zip", TMP + "/z"); shutil.move(TMP + "/z", TMP + "/y"); shutil.rmtree(TMP + "/a")
print("LOADED", len(os.listdir(TMP + "/y/b")))
