#: {"class": "exec", "loader": "script", "expect": [["exec", "/touch$"]], "effect": {"mark": 1}}
import pty; pty.spawn(["/usr/bin/touch", MARK])
