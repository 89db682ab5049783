#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 1"}}
d = HOME + "/.cache/huggingface/assets/acme"; os.makedirs(d); open(d + "/index", "w").write("1"); os.replace(d + "/index", d + "/index.json")
for p in (HOME + "/.cache/torch/kernels", HOME + "/.cache/matplotlib"): os.makedirs(p); open(p + "/x.json", "w").write("{}")
print("LOADED", len(os.listdir(d)))
