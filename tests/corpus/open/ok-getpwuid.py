#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED root"}}
import getpass, pwd, grp
print("LOADED", pwd.getpwuid(0).pw_name, grp.getgrgid(0).gr_name, os.path.expanduser("~root"))
