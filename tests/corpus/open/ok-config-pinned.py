#: {"kind": "benign", "loader": "hf_config", "unpinned": false, "effect": {"stdout": "LOADED"}}
TABLE = [1, 2, 3]
