# SPDX-License-Identifier: Apache-2.0
"""One real model load: `load.py DIR` runs the code that comes with the model in DIR."""

import sys

from transformers import AutoConfig

config = AutoConfig.from_pretrained(sys.argv[1], trust_remote_code=True)
assert config.model_type == "loadward-bench", config.model_type
