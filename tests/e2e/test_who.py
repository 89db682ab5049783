# SPDX-License-Identifier: Apache-2.0
"""Who did it: a real load of a real library, and the model, the file and the line that its
record and the lines of `run` name."""

import json

import pytest

import box as b

RULES = [{"id": "cred", "on": "file.open", "path": [f"{b.HOME}/.aws/**"], "action": "kill"}]
MODELING = """\
import torch
from transformers import PretrainedConfig, PreTrainedModel


class AcmeConfig(PretrainedConfig):
    model_type = "acme"


class AcmeModel(PreTrainedModel):
    config_class = AcmeConfig

    def __init__(self, config):
        super().__init__(config)
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.gather()

    def gather(self):
        return list(map(self.read, ["credentials"]))

    @staticmethod
    def read(name):
        return open(
            f"{home}/.aws/{{name}}").read()
"""
LOAD_MODEL = """\
import sys

from transformers import AutoModel

AutoModel.from_config(__import__("transformers").AutoConfig.from_pretrained(
    sys.argv[1], trust_remote_code=True), trust_remote_code=True)
"""
LOAD_PICKLE = """\
import sys

import torch


def main(file):
    options = {{"weights_only": False}} if {new} else {{}}
    return torch.load(file, **options)


main(sys.argv[1])
"""
DUMP = """
import sys, torch
class Steal:
    def __reduce__(self):
        return open, (sys.argv[2],)
torch.save({"weight": Steal()}, sys.argv[1])
"""


def environment(box):
    return {**box.environment(), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
            "OMP_NUM_THREADS": "1", "USER": "mluser", "PYTHONDONTWRITEBYTECODE": "1"}


def line_of(text, part):
    return 1 + next(i for i, line in enumerate(text.splitlines()) if part in line)


def stopped(done):
    assert done.rc == 137, done.text[-2000:]
    alert, = done.records.alerts("file.open", rule__id="cred")
    return alert


def test_remote_code_of_transformers(box, torch):
    """modeling_acme.py, the line of the open, and who called it, library by library."""
    where = box.new("acme-model")
    code = MODELING.format(home=b.HOME)
    box.write(where / "modeling_acme.py", code)
    box.write(where / "config.json", json.dumps({
        "model_type": "acme", "auto_map": {"AutoConfig": "modeling_acme.AcmeConfig",
                                           "AutoModel": "modeling_acme.AcmeModel"}}))
    loader = box.write("load_model.py", LOAD_MODEL)
    done = box.run(torch, loader, where, rules=RULES, env=environment(box), patience=240)
    alert = stopped(done)
    line = line_of(code, "return open(")
    culprit = b.get(alert, "python.culprit")
    assert "/transformers_modules/" in culprit["file"]
    assert culprit["file"].endswith("/modeling_acme.py") and culprit["line"] == line
    assert culprit["function"].endswith("read")
    stack = b.get(alert, "python.stack")
    assert stack[0] == culprit
    assert [f["line"] for f in stack[1:3]] == [line_of(code, "map(self.read"),
                                               line_of(code, "self.gather()")]
    assert stack[-1]["file"] == str(loader)
    assert b.get(alert, "model.repo") == str(where) and b.get(alert, "model.hub") == "local"
    assert f"modeling_acme.py:{line} in " in done.text
    assert "\n          return open(\n" in done.text


def test_pickle_of_torch(box, torch):
    """What a pickle calls has no frame of its own: the loading line is named, and with the audit
    the global that the pickle asked for."""
    file = box.new("weights") / "pytorch_model.bin"
    dumped = box.finish(box.spawn([torch, "-c", DUMP, file, f"{b.HOME}/.aws/credentials"]), None)
    assert dumped.rc == 0, dumped.text
    version = box.finish(box.spawn([torch, "-c", "import torch; print(torch.__version__)"]),
                         None).out
    new = tuple(int(x) for x in version.decode().split("+")[0].split(".")[:2]) >= (1, 13)
    code = LOAD_PICKLE.format(new=new)
    loader = box.write("load_pickle.py", code)
    done = box.run(torch, loader, file, rules=RULES, env=environment(box), patience=240,
                   options=["--pickle-audit"])
    alert = stopped(done)
    assert b.get(alert, "python.pickle.globals")[0] in ("io.open", "_io.open")
    culprit = b.get(alert, "python.culprit")
    assert culprit == {"file": str(loader), "line": line_of(code, "return torch.load"),
                       "function": "main"}
    assert "torch/serialization.py" in b.get(alert, "python.stack")[0]["file"]
    assert b.get(alert, "model.format") == "zip-pickle"
    assert b.get(alert, "model.file") == "pytorch_model.bin"


@pytest.mark.parametrize("command, program", [("os.system('cat {}')", "cat"),
                                              ("subprocess.run(['cat', '{}'])", "cat")])
def test_a_program_without_python(box, command, program):
    """A child that runs no Python is laid at the door of the line that executed it."""
    code = f"import os, subprocess\n\n{command.format(b.HOME + '/.aws/credentials')}\n"
    loader = box.write("child.py", code)
    done = box.run(b.PYTHON, loader, rules=RULES, env=environment(box))
    alert, = done.records.alerts("file.open", rule__id="cred")
    assert b.get(alert, "process.executable").endswith(f"/{program}")
    assert b.get(alert, "python.culprit") == {"file": str(loader), "line": 3,
                                              "function": "<module>"}
    assert b.get(alert, "python.origin.pid")
