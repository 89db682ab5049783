#: {"kind": "benign", "loader": "script", "tier": "full", "timeout": 120, "effect": {"stdout": "LOADED 28"}}
import torch
if __name__ == "__main__":
    print("LOADED", int(sum(b.sum() for b in torch.utils.data.DataLoader(torch.arange(8), batch_size=2, num_workers=1, multiprocessing_context="spawn"))))
