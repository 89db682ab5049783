#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 28"}}
import threading, queue
q = queue.Queue(); ts = [threading.Thread(target=lambda i=i: q.put(len(open("/proc/self/status").read()) and i)) for i in range(8)]
for t in ts: t.start()
for t in ts: t.join()
print("LOADED", sum(q.get() for _ in ts))
