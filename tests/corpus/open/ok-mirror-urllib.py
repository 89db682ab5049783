#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 404"}}
import urllib.error, urllib.request
try: urllib.request.urlopen("http://127.0.0.1:@PORT_MIRROR@/none")
except urllib.error.HTTPError as e: print("LOADED", e.code)
