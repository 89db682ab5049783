#: {"kind": "benign", "loader": "script", "effect": {"stdout": "LOADED 5"}}
n = 0
for p in ("/.ssh-keys/readme", "/projects/aws/credentials.md", "/.config/acme/none", "/.bashrc.d.txt", "/id_rsa.txt"):
    os.makedirs(os.path.dirname(HOME + p), exist_ok=True); open(HOME + p, "w").write("x"); n += len(open(HOME + p).read())
print("LOADED", n)
