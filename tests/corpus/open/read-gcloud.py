#: {"class": "credential-read", "loader": "script", "expect": [["open", "gcloud/application_default_credentials\\.json$"]], "effect": {"loot": "gcloud"}}
LOOT(open(HOME + "/.config/gcloud/application_default_credentials.json").read())
