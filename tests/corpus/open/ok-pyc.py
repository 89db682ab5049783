#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 1"}}
import compileall, importlib
os.makedirs(TMP + "/pkg"); open(TMP + "/pkg/amod.py", "w").write("X = 1\n"); compileall.compile_dir(TMP + "/pkg", quiet=1); sys.path.insert(0, TMP + "/pkg"); print("LOADED", importlib.import_module("amod").X)
