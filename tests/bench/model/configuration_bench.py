# SPDX-License-Identifier: Apache-2.0
from transformers import PretrainedConfig


class BenchConfig(PretrainedConfig):
    model_type = "loadward-bench"

    def __init__(self, hidden_size=8, **kwargs):
        self.hidden_size = hidden_size
        super().__init__(**kwargs)
