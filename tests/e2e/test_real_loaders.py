# SPDX-License-Identifier: Apache-2.0
"""Real loaders: silent when the model is benign, stopped when it is not."""

import json
import os
import shutil
import subprocess

import pytest

import box as b

ATTACK = "open('{home}/.aws/credentials').read(); print('STOLEN')"
CONFIG = """
from transformers import PretrainedConfig
{payload}
class AcmeConfig(PretrainedConfig):
    model_type = "acme"
"""
TOKENIZER = """
from transformers import PreTrainedTokenizerFast
{payload}
class AcmeTokenizer(PreTrainedTokenizerFast):
    pass
"""
WORDS = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
         "normalizer": None, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None,
         "decoder": None, "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "hello": 1},
                                    "unk_token": "[UNK]"}}


def model(box, payload):
    """A model directory whose Python files carry the payload."""
    where = box.new("model")
    payload = payload.format(home=b.HOME)
    auto = {"AutoConfig": "configuration_acme.AcmeConfig",
            "AutoTokenizer": ["tokenization_acme.AcmeTokenizer"] * 2}
    box.write(where / "config.json", json.dumps({"model_type": "acme", "auto_map": auto}))
    box.write(where / "tokenizer_config.json", json.dumps(
        {"tokenizer_class": "AcmeTokenizer", "auto_map": auto, "unk_token": "[UNK]"}))
    box.write(where / "tokenizer.json", json.dumps(WORDS))
    box.write(where / "configuration_acme.py", CONFIG.format(payload=payload))
    box.write(where / "tokenization_acme.py", TOKENIZER.format(payload=payload))
    box.write(where / "hubconf.py", f"{payload}\ndependencies = []\ndef entry(): return 7\n")
    return where


# Each gets the model directory, and the payload as code in argv[2] for what pickles it.
REDUCE = """
import pickle, sys
class R:
    def __reduce__(self): return exec, (sys.argv[2],)
value = R() if sys.argv[2] else [1, 2]
"""
LIGHT = {
    "config": "import sys; from transformers import AutoConfig; "
              "print('LOADED', AutoConfig.from_pretrained(sys.argv[1], trust_remote_code=True)"
              ".model_type)",
    "tokenizer": "import sys; from transformers import AutoTokenizer; "
                 "print('LOADED', AutoTokenizer.from_pretrained(sys.argv[1], "
                 "trust_remote_code=True)('hello')['input_ids'])",
    "pickle": REDUCE + "f = sys.argv[1] + '/m.pkl'\npickle.dump(value, open(f, 'wb'))\n"
                       "print('LOADED', pickle.load(open(f, 'rb')))",
    "numpy": REDUCE + "import numpy as np\nf = sys.argv[1] + '/m.npy'\n"
                      "np.save(f, np.array([value], dtype=object))\n"
                      "print('LOADED', np.load(f, allow_pickle=True))",
    "joblib": REDUCE + "import joblib\nf = sys.argv[1] + '/m.joblib'\njoblib.dump(value, f)\n"
                       "print('LOADED', joblib.load(f))",
}
TORCH = {
    "torch.load": REDUCE + "import torch\nf = sys.argv[1] + '/m.bin'\ntorch.save(value, f)\n"
                           "print('LOADED', torch.load(f, weights_only=False)"
                           " if 'weights_only' in torch.load.__code__.co_varnames else"
                           " torch.load(f))",
    "torch.hub": "import sys, torch; print('LOADED', torch.hub.load(sys.argv[1], 'entry', "
                 "source='local'))",
    "config": LIGHT["config"],
}


def environment(box):
    return {**box.environment(), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "USER": "mluser",
            "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def load(box, python, code, payload, policy, *options):
    where = model(box, payload)
    return box.run(python, "-c", code, where, payload.format(home=b.HOME), options=options,
                   policy=b.POLICIES / f"{policy}.json", env=environment(box), patience=180)


def silent(done):
    assert done.rc == 0, done.text[-2000:]
    assert b"LOADED" in done.out
    assert not done.records.alerts(), [
        (b.get(a, "rule.id"), b.get(a, "event.action"), b.get(a, "file.path"))
        for a in done.records.alerts()][:10]


def stopped(done):
    assert b"STOLEN" not in done.out
    assert done.rc == 137, (done.rc, done.text[-2000:])
    alert, = done.records.alerts("file.open")
    assert b.get(alert, "file.path") == f"{b.HOME}/.aws/credentials"
    assert b.get(alert, "enforcement.outcome") in b.BEFORE
    assert b.get(alert, "rule.id") in done.text


@pytest.mark.parametrize("policy", ["default", "strict"])
@pytest.mark.parametrize("name", LIGHT)
def test_light_benign(box, light, name, policy):
    silent(load(box, light, LIGHT[name], "", policy, "--enforce"))


@pytest.mark.parametrize("policy", ["default", "strict"])
@pytest.mark.parametrize("name", LIGHT)
def test_light_malicious(box, light, name, policy):
    stopped(load(box, light, LIGHT[name], ATTACK, policy, "--enforce"))


@pytest.mark.parametrize("policy", ["default", "strict"])
@pytest.mark.parametrize("name", TORCH)
def test_torch_benign(box, torch, name, policy):
    silent(load(box, torch, TORCH[name], "", policy, "--enforce"))


@pytest.mark.parametrize("policy", ["default", "strict"])
@pytest.mark.parametrize("name", TORCH)
def test_torch_malicious(box, torch, name, policy):
    stopped(load(box, torch, TORCH[name], ATTACK, policy, "--enforce"))


def test_the_attack_works_unwatched(box, light):
    """The tests above stop something."""
    done = box.plain(light, "-c", LIGHT["config"], model(box, ATTACK), "", env=environment(box))
    assert b"STOLEN" in done.out and b"LOADED acme" in done.out


def test_observe_touches_nothing(box, light):
    done = load(box, light, LIGHT["config"], ATTACK, "default", "--observe")
    assert done.rc == 0
    assert b"STOLEN" in done.out and b"LOADED acme" in done.out
    alert, = done.records.alerts("file.open")
    assert b.get(alert, "enforcement.outcome") == "alerted"


def test_a_shell_is_stopped(box, light):
    mark = box.root / "mark-shell"
    done = load(box, light, LIGHT["config"], f"import os; os.system('touch {mark}')", "default",
                "--enforce")
    assert not mark.exists()
    alerts = done.records.alerts("process.exec")
    assert alerts and b.get(alerts[0], "enforcement.outcome") in b.BEFORE


def test_the_default_daemon_finds_the_load(box, light):
    """Nobody says `run`: the shipped policy's own evidence finds the loader. Its programs are
    replaced by an interpreter of ours: this test must not touch others on the machine."""
    program = box.dir("own") / "python3"
    shutil.copy(os.path.realpath(light), program)
    policy = json.loads((b.POLICIES / "default.json").read_text())
    for loader in policy["loaders"]:
        loader["exec"] = [str(program)]
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([light, "-c", where], capture_output=True, text=True,
                              check=True).stdout.strip()
    with box.daemon(box.write("own.json", json.dumps(policy)), "--enforce") as daemon:
        daemon.warm(program)
        done = box.plain(program, "-c", LIGHT["config"], model(box, ATTACK), "",
                         env={**environment(box), "PYTHONPATH": packages})
        assert done.rc == -9 and b"STOLEN" not in done.out, done.text
        alert, = daemon.wait_for("file.open", event__kind="alert")
        assert b.get(alert, "loader.why") == "evidence"
        assert b.get(alert, "loader.why_rule")
