#: {"class": "tamper", "loader": "script", "expect": [["open|unlink|truncate|rename", "monitor\\.jsonl"]], "effect": {"gone": "@LOG@"}}
open("@TMP@/e", "w").close(); os.replace("@TMP@/e", "@LOG@")
