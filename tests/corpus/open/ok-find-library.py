#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED libc.so.6"}}
import ctypes.util
print("LOADED", ctypes.util.find_library("c"), ctypes.util.find_library("m"))
