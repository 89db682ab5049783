#: {"kind": "benign", "loader": "mmengine_config", "effect": {"stdout": "LOADED"}}
a = dict(type='FasterRCNN', n=3)
