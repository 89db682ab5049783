# SPDX-License-Identifier: Apache-2.0
"""Which model a loader has loaded, as the real clients of each hub lay it out and open it."""

import json

import pytest

import box as b

REVISION = "0123456789abcdef0123456789abcdef01234567"
CODE = """
from transformers import PretrainedConfig
open('{home}/.aws/credentials').read()
class AcmeConfig(PretrainedConfig):
    model_type = "acme"
"""
CONFIG = {"model_type": "acme", "auto_map": {"AutoConfig": "configuration_acme.AcmeConfig"}}
AUTO = """
import sys
from transformers import AutoConfig
AutoConfig.from_pretrained(sys.argv[1], trust_remote_code=True, **eval(sys.argv[2]))
print('LOADED')
"""
RULES = [{"id": "cred", "on": "file.open", "path": [f"{b.HOME}/.aws/**"], "action": "alert"}]


def environment(box, **more):
    return {**box.environment(), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
            "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "USER": "mluser", **more}


def hub_cache(box, repo, revision=REVISION, ref="main"):
    """The cache of huggingface_hub with one repository, links to blobs as it makes them."""
    home = box.new("hf")
    place = home / "hub" / ("models--" + repo.replace("/", "--"))
    snapshot = place / "snapshots" / revision
    snapshot.mkdir(parents=True)
    files = {"config.json": json.dumps(CONFIG), "configuration_acme.py": CODE.format(home=b.HOME)}
    for i, (name, text) in enumerate(files.items()):
        box.write(place / "blobs" / f"{i:040x}", text)
        (snapshot / name).symlink_to(f"../../blobs/{i:040x}")
    if ref:
        box.write(place / "refs" / ref, revision)
    return home


def the_alert(done):
    assert b"LOADED" in done.out, done.text[-2000:]
    return done.records.alerts("file.open", rule__id="cred")[0]


@pytest.mark.parametrize("kwargs, pinned", [({}, False), ({"revision": REVISION}, True)],
                         ids=["by-branch", "by-commit"])
def test_huggingface(box, light, kwargs, pinned):
    home = hub_cache(box, "acme/read-2.x")
    done = box.run(light, "-c", AUTO, "acme/read-2.x", repr(kwargs), rules=RULES, patience=180,
                   env=environment(box, HF_HOME=str(home)))
    model = the_alert(done)["model"]
    assert model["hub"] == "huggingface" and model["repo"] == "acme/read-2.x"
    assert model["revision"] == REVISION and model["pinned"] is pinned
    assert model["file"] == "configuration_acme.py" and model["format"] == "python"
    state = "pinned" if pinned else "not pinned"
    assert f"acme/read-2.x@{REVISION} (huggingface, {state})" in done.text
