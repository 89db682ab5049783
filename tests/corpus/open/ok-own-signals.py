#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED"}}
import signal, time
p = os.fork()
if not p: signal.pause(); os._exit(0)
os.kill(p, 0); os.kill(p, signal.SIGTERM); os.waitpid(p, 0); os.kill(os.getpid(), 0); os.kill(0, 0); print("LOADED")
