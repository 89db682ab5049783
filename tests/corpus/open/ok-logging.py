#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 2"}}
import logging, logging.handlers
h = logging.handlers.RotatingFileHandler(TMP + "/run.log", maxBytes=50, backupCount=2); l = logging.getLogger("x"); l.addHandler(h)
for i in range(9): l.warning("message %d", i)
print("LOADED", sum(os.path.exists(TMP + "/run.log." + n) for n in "12"))
