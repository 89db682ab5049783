#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED True"}}
import joblib
print("LOADED", joblib.cpu_count(only_physical_cores=True) > 0 and os.cpu_count() > 0 and len(os.sched_getaffinity(0)) > 0)
