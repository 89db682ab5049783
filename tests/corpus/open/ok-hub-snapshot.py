#: {"kind": "benign", "loader": "script", "env": {"HF_HUB_OFFLINE": "", "HF_ENDPOINT": "http://127.0.0.1:@PORT_MIRROR@", "HF_HUB_DISABLE_XET": "1"}, "effect": {"stdout": "LOADED 2"}}
os.makedirs(TMP + "/hubrepo")
for n in ("config.json", "generation_config.json"): open(TMP + "/hubrepo/" + n, "w").write("{}")
from huggingface_hub import hf_hub_download, scan_cache_dir
for n in ("config.json", "generation_config.json"): hf_hub_download("acme/benign", n)
print("LOADED", len(os.listdir(os.path.dirname(hf_hub_download("acme/benign", "config.json")))))
