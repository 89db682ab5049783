#: {"kind": "benign", "loader": "hf_model", "tier": "full", "timeout": 120, "effect": {"stdout": "LOADED torch.Size([1, 4])"}}
import math
