#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED True"}}
from huggingface_hub import HfApi, get_token
print("LOADED", bool(HfApi()) and get_token() is not None)
