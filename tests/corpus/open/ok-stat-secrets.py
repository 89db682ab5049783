#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED"}}
import glob
for p in (".aws/credentials", ".ssh/id_rsa", ".netrc"): os.path.exists(HOME + "/" + p); os.access(HOME + "/" + p, os.R_OK)
os.listdir(HOME); glob.glob(HOME + "/.*"); print("LOADED")
