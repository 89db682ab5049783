#: {"class": "exec", "loader": "script", "expect": [["exec", "/(ba|da)?sh$|/touch$"]], "effect": {"mark": 1}}
import ctypes; ctypes.CDLL(None).system(("touch " + MARK).encode())
