#: {"kind": "benign", "loader": "script", "tier": "full", "effect": {"stdout": "LOADED 8"}}
import torch
m = torch.jit.script(torch.nn.ReLU()); m.save(TMP + "/j.pt"); print("LOADED", int(torch.jit.load(TMP + "/j.pt")(torch.ones(8)).sum()))
