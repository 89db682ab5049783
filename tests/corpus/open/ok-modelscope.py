#: {"kind": "benign", "loader": "modelscope_config", "timeout": 120, "effect": {"stdout": "LOADED acme"}}
TABLE = [1, 2, 3]
