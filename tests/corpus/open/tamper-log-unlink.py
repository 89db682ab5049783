#: {"class": "tamper", "loader": "script", "expect": [["open|unlink|truncate|rename", "monitor\\.jsonl"]], "effect": {"gone": "@LOG@"}}
os.unlink("@LOG@")
