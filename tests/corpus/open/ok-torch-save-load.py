#: {"kind": "benign", "loader": "script", "tier": "full", "effect": {"stdout": "LOADED 6"}}
import torch
m = torch.nn.Linear(2, 2, bias=False); torch.nn.init.ones_(m.weight); torch.save(m.state_dict(), TMP + "/p.pt"); m.load_state_dict(torch.load(TMP + "/p.pt")); print("LOADED", int(m(torch.ones(1, 2)).sum()) + 2)
