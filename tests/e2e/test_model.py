# SPDX-License-Identifier: Apache-2.0
"""Which model a loader has loaded, as the real clients of each hub lay it out and open it."""

import contextlib
import http.server
import json
import os
import signal
import subprocess
import threading

import pytest

import box as b

REVISION = "0123456789abcdef0123456789abcdef01234567"
CREDENTIALS = f"{b.HOME}/.aws/credentials"
STEAL = f"open('{CREDENTIALS}').read()"
CODE = f"""
from transformers import PretrainedConfig
{STEAL}
class AcmeConfig(PretrainedConfig):
    model_type = "acme"
"""
CONFIG = {"model_type": "acme", "auto_map": {"AutoConfig": "configuration_acme.AcmeConfig"}}
FILES = {"config.json": json.dumps(CONFIG), "configuration_acme.py": CODE}
AUTO = """
import sys
from transformers import AutoConfig
AutoConfig.from_pretrained(sys.argv[1], trust_remote_code=True, **eval(sys.argv[2]))
print('LOADED')
"""
RULES = [{"id": "cred", "on": "file.open", "path": [f"{b.HOME}/.aws/**"], "action": "alert"}]


def environment(box, **more):
    return {**box.environment(), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
            "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "USER": "mluser",
            **{k: str(v) for k, v in more.items()}}


def lay_out(box, place, files=None):
    for name, text in (files or FILES).items():
        box.write(place / name, text)
    return place


def hub_cache(box, repo):
    """The cache of huggingface_hub with one repository: links to blobs, as it makes them."""
    home = box.new("hf")
    place = home / "hub" / ("models--" + repo.replace("/", "--"))
    snapshot = place / "snapshots" / REVISION
    snapshot.mkdir(parents=True)
    for i, (name, text) in enumerate(FILES.items()):
        box.write(place / "blobs" / f"{i:040x}", text)
        (snapshot / name).symlink_to(f"../../blobs/{i:040x}")
    box.write(place / "refs" / "main", REVISION)
    return home


def load(box, python, code, *arguments, rules=RULES, **more):
    return box.run(python, "-c", code, *arguments, rules=rules, patience=180,
                   env=environment(box, **more))


def model_of(done):
    """What the record of the stolen credentials says."""
    assert b"LOADED" in done.out, done.text[-2000:]
    return done.records.alerts("file.open", rule__id="cred")[0]["model"]


@pytest.mark.parametrize("kwargs, pinned", [({}, False), ({"revision": REVISION}, True)],
                         ids=["by-branch", "by-commit"])
def test_huggingface(box, light, kwargs, pinned):
    home = hub_cache(box, "acme/read-2.x")
    done = load(box, light, AUTO, "acme/read-2.x", repr(kwargs), HF_HOME=home)
    model = model_of(done)
    assert model["hub"] == "huggingface" and model["repo"] == "acme/read-2.x"
    assert model["revision"] == REVISION and model["pinned"] is pinned
    assert model["file"] == "configuration_acme.py" and model["format"] == "python"
    state = "pinned" if pinned else "not pinned"
    assert f"acme/read-2.x@{REVISION} (huggingface, {state})" in done.text


def test_code_that_was_copied_before(box, light):
    """Only the copy is opened, whose directories have the names of modules."""
    modules = box.new("modules")
    place = modules / "transformers_modules/acme/read_hyphen_2_dot_x" / REVISION
    lay_out(box, place, {"configuration_acme.py": STEAL})
    done = load(box, light, f"exec(open('{place}/configuration_acme.py').read()); print('LOADED')")
    model = model_of(done)
    assert (model["hub"], model["repo"]) == ("huggingface", "acme/read-2.x")
    assert model["revision"] == REVISION


def test_two_models(box, light):
    """The last one is the model of a violation, the other is named too."""
    home = hub_cache(box, "acme/first")
    other = hub_cache(box, "acme/second") / "hub/models--acme--second"
    other.rename(home / "hub/models--acme--second")
    twice = AUTO.replace("AutoConfig.from_p", "for sys.argv[1] in sys.argv[1].split(): "
                         "AutoConfig.from_p")
    done = load(box, light, twice, "acme/first acme/second", "{}", HF_HOME=home)
    alerts = done.records.alerts("file.open", rule__id="cred")
    assert [a["model"]["repo"] for a in alerts] == ["acme/first", "acme/second"]
    assert alerts[1]["model"]["loaded"] == [f"huggingface:acme/first@{REVISION}"]


MODELSCOPE = """
import sys
from modelscope import snapshot_download
from transformers import AutoConfig
where = snapshot_download("acme/tiny.2", local_files_only=True, **eval(sys.argv[1]))
AutoConfig.from_pretrained(where, trust_remote_code=True)
print('LOADED')
"""


@pytest.mark.parametrize("where, kwargs, revision, pinned", [
    ("models/acme--tiny.2/snapshots/v1.0", {"revision": "v1.0"}, "v1.0", None),
    ("models/acme--tiny.2/snapshots/master", {}, "master", False),
    ("models/acme/tiny___2", {}, "master", False),
    ("hub/models/acme/tiny___2", {}, "master", False)])
def test_modelscope(box, light, where, kwargs, revision, pinned):
    cache = box.new("ms")
    place = lay_out(box, cache / where)
    if "snapshots" not in where:
        box.write(place / ".mv", "Revision:master,CreatedAt:1700000000")
    model = model_of(load(box, light, MODELSCOPE, repr(kwargs), MODELSCOPE_CACHE=cache,
                          HF_HOME=box.new("hf")))
    assert (model["hub"], model["repo"]) == ("modelscope", "acme/tiny.2")
    assert model["revision"] == revision and model.get("pinned") is pinned
    assert model["file"] == "configuration_acme.py"


OPENCSG = """
from pycsghub.repo_reader import AutoConfig
from pycsghub.snapshot_download import snapshot_download
from pycsghub.utils import get_cache_dir
import os
place = os.path.join(get_cache_dir(), "acme/tiny")
where = snapshot_download("acme/tiny", local_files_only=True, local_dir=place)
AutoConfig.from_pretrained(where, trust_remote_code=True)
print('LOADED')
"""


def test_opencsg(box, hubs):
    cache = box.new("csg")
    lay_out(box, cache / "acme/tiny", {**FILES, ".msc": '[{"Path": "config.json"}]'})
    model = model_of(load(box, hubs, OPENCSG, CSGHUB_CACHE=cache, HF_HOME=box.new("hf")))
    assert (model["hub"], model["repo"]) == ("opencsg", "acme/tiny")
    assert model["pinned"] is False and model["file"] == "configuration_acme.py"


@pytest.mark.parametrize("ref, pinned", [("main", False), ("v0.10.0", None), (REVISION, True)])
def test_torch_hub(box, torch, ref, pinned):
    home = box.new("torch")
    lay_out(box, home / f"hub/acme_my_net_{ref}",
            {"hubconf.py": f"{STEAL}\ndependencies = []\ndef entry(): return 7\n"})
    code = (f"import torch; torch.hub.load('acme/my_net:{ref}', 'entry', trust_repo=True, "
            "skip_validation=True); print('LOADED')")
    model = model_of(load(box, torch, code, TORCH_HOME=home))
    assert (model["hub"], model["repo"]) == ("pytorch-hub", "acme/my_net")
    assert model["revision"] == ref and model.get("pinned") is pinned
    assert model["file"] == "hubconf.py" and model["format"] == "python"


def test_a_torch_hub_directory(box, torch):
    where = lay_out(box, box.new("model"), {"hubconf.py": f"{STEAL}\ndef entry(): return 7\n"})
    code = f"import torch; torch.hub.load('{where}', 'entry', source='local'); print('LOADED')"
    model = model_of(load(box, torch, code))
    assert (model["hub"], model["repo"]) == ("local", str(where))


def test_openmmlab(box, light):
    where = lay_out(box, box.new("configs"), {
        "net.py": f"_base_ = ['./_base_/base.py']\n_ = {STEAL}\nmodel = dict(type='Net')\n",
        "_base_/base.py": "work_dir = 'x'\n"})
    code = (f"from mmengine.config import Config; Config.fromfile('{where}/net.py'); "
            "print('LOADED')")
    model = model_of(load(box, light, code))
    assert (model["hub"], model["repo"]) == ("openmmlab", str(where))
    assert model["file"] == "net.py"


def test_a_plain_directory(box, light):
    where = lay_out(box, box.new("plain"))
    model = model_of(load(box, light, AUTO, where, "{}", HF_HOME=box.new("hf")))
    assert (model["hub"], model["repo"]) == ("local", str(where))
    assert model["file"] == "configuration_acme.py" and "revision" not in model


# Each writes @f with the library that makes such files, and loads it.
LIGHT = {
    "pickle": "import pickle; pickle.dump({1: [2]}, open(f, 'wb')); pickle.load(open(f, 'rb'))",
    "numpy": "import numpy as np; np.save(f, np.arange(3)); np.load(f + '.npy')",
    "numpy-object": "import numpy as np; np.save(f, np.array([{}], dtype=object)); "
                    "np.load(f + '.npy', allow_pickle=True)",
    "safetensors": "import numpy as np; from safetensors.numpy import save_file, load_file; "
                   "save_file({'w': np.arange(3)}, f); load_file(f)",
    "joblib": "import joblib; joblib.dump([1] * 99, f, compress=3); joblib.load(f)",
    "gguf": "open(f, 'wb').write(b'GGUF' + (3).to_bytes(4, 'little') + bytes(16)); "
            "open(f, 'rb').read()",
    "hdf5": r"open(f, 'wb').write(b'\x89HDF\r\n\x1a\n' + bytes(99)); open(f, 'rb').read()",
    "onnx": r"open(f, 'wb').write(b'\x08\x0a\x12\x04test\x3a\x02\x12\x00'); open(f, 'rb').read()",
}
NAMES = {"joblib": "m.joblib", "pickle": "weights.pt", "numpy": "m", "numpy-object": "m",
         "safetensors": "m.safetensors", "gguf": "lies.onnx", "hdf5": "m.h5", "onnx": "lies.gguf"}


def formats_of(box, python, name, code, file):
    """In a directory below the one that describes the model; the file's name says nothing."""
    where = box.new("plain")
    box.write(where / "config.json", "{}")
    (where / "weights").mkdir()
    done = load(box, python, f"f = '{where}/weights/{file}'\n{code}\n{STEAL}\nprint('LOADED')")
    model = model_of(done)
    assert (model["hub"], model["repo"]) == ("local", str(where))
    assert model["file"].startswith(f"weights/{file}")
    assert model["format"] == {"joblib": "pickle"}.get(name, name)


@pytest.mark.parametrize("name", LIGHT)
def test_formats(box, light, name):
    formats_of(box, light, name, LIGHT[name], NAMES[name])


def test_torch_format(box, torch):
    formats_of(box, torch, "zip-pickle", "import torch; torch.save([1], f); torch.load(f)",
               "lies.safetensors")


class Mirror(http.server.BaseHTTPRequestHandler):
    """As much of a hub as huggingface_hub asks for."""

    FILES = {"config.json": b"{}", "model.safetensors": (2).to_bytes(8, "little") + b"{}"}

    def answer(self, body):
        name = self.path.split("?")[0].rpartition("/")[2]
        data = self.FILES.get(name)
        self.send_response(200 if data is not None else 404)
        self.send_header("X-Repo-Commit", REVISION)
        self.send_header("ETag", f'"{name}"')
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        if body and data:
            self.wfile.write(data)

    def do_GET(self):
        self.answer(True)

    def do_HEAD(self):
        self.answer(False)

    def log_message(self, *unused):
        pass


@contextlib.contextmanager
def mirror():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()


PHASES = """
import socket, sys
def mark(): open(sys.argv[1] + "/mark").read()
mark()
from huggingface_hub import hf_hub_download
hf_hub_download("acme/net", "config.json")
mark()
where = hf_hub_download("acme/net", "model.safetensors")
mark()
with socket.socket() as early:
    early.bind(("127.0.0.1", 0)); early.listen()
mark()
from safetensors.numpy import load_file
load_file(where)
mark()
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
mark()
load_file(where)
mark()
print("LOADED")
"""


def test_phases(box, light):
    """A download by the hub's own client, a load, a server: rules and records know where it is."""
    place = box.new("phases")
    box.write(place / "mark", "x")
    names = ["start", "download", "load", "serve"]
    rules = [{"id": f"in-{p}", "on": "file.open", "path": [f"{place}/mark"], "phase": [p],
              "action": "alert"} for p in names]
    with mirror() as port:
        done = load(box, light, PHASES, place, rules=rules, HF_HUB_OFFLINE="",
                    HF_HOME=box.new("hf"), HF_ENDPOINT=f"http://127.0.0.1:{port}",
                    HF_HUB_DISABLE_XET="1")
    assert b"LOADED" in done.out, done.text[-2000:]
    alerts = done.records.alerts("file.open")
    want = ["start", "download", "download", "download", "load", "serve", "serve"]
    assert [b.get(a, "loader.phase") for a in alerts] == want
    assert [b.get(a, "rule.id") for a in alerts] == [f"in-{p}" for p in want]
    model = alerts[-1]["model"]
    assert (model["hub"], model["repo"]) == ("huggingface", "acme/net")
    assert model["revision"] == REVISION and model["pinned"] is False
    assert (model["file"], model["format"]) == ("model.safetensors", "safetensors")


# Opens what it is told to.
ASK = """
import os, sys
print(os.getpid(), flush=True)
for line in sys.stdin:
    what, _, argument = line.strip().partition(" ")
    try:
        open(argument, "rb").read(64)
        print("READ", flush=True)
    except PermissionError:
        print("DENIED", flush=True)
"""


class Asked:
    """A loader that opens what it is told to."""

    def __init__(self, box, condition, action, *options):
        self.rules = [{"id": "asked", "on": "file.open", "path": [CREDENTIALS], "model": condition,
                       "action": action}]
        if action == "allow":
            self.rules.append({"id": "others", "on": "file.open", "path": [CREDENTIALS],
                               "action": "alert"})
        self.process, self.log = box.start(
            b.PYTHON, "-c", ASK, rules=self.rules, record=["file.open"], options=options,
            stdin=subprocess.PIPE)
        self.pid = int(self.process.stdout.readline())

    def tell(self, path):
        self.process.stdin.write(f"open {path}\n".encode())
        self.process.stdin.flush()

    def read(self, path):
        self.tell(path)
        return self.process.stdout.readline()

    def load(self, path):
        assert self.read(path) == b"READ\n"

    def known(self, path, **fields):
        """What was opened is known: a later open of the same loader says so."""
        def there():
            assert self.read("/dev/null") == b"READ\n"
            found = b.read_log(self.log, live=True).find("file.open", file__path="/dev/null",
                                                         **fields)
            return found
        b.until(there, f"{fields} of {path}")

    def end(self):
        self.process.stdin.close()
        self.process.wait(b.PATIENCE)
        return b.read_log(self.log).alerts("file.open")


def snapshot(box, repo, revision=REVISION):
    home = box.new("cache") / ("models--" + repo.replace("/", "--"))
    return box.write(home / "snapshots" / revision / "pytorch_model.bin", "weights")


@pytest.mark.parametrize("condition, alerts", [
    ({"repo": ["acme/*"]}, 1), ({"repo": ["other/*", "acme/n?t"]}, 1), ({"repo": ["other/*"]}, 0),
    ({"hub": ["huggingface"]}, 1), ({"hub": ["modelscope", "local"]}, 0),
    ({"pinned": True}, 1), ({"pinned": False}, 0), ({"format": ["other"]}, 1),
    ({"format": ["pickle"]}, 0), ({"repo": ["acme/*"], "format": ["pickle"]}, 0)])
def test_rules_that_forbid(box, condition, alerts):
    loader = Asked(box, condition, "alert")
    assert loader.read(CREDENTIALS) == b"READ\n"    # no model yet: no rule
    path = snapshot(box, "acme/net")
    loader.load(path)
    loader.known(path, model__repo="acme/net", model__format="other")
    assert loader.read(CREDENTIALS) == b"READ\n"
    assert len(loader.end()) == alerts


@pytest.mark.parametrize("condition, allowed", [({"repo": ["acme/*"]}, True),
                                                ({"repo": ["other/*"]}, False)])
def test_rules_that_allow(box, condition, allowed):
    loader = Asked(box, condition, "allow")
    assert loader.read(CREDENTIALS) == b"READ\n"    # no model yet: nothing is allowed
    path = snapshot(box, "acme/net")
    loader.load(path)
    loader.known(path, model__repo="acme/net", model__format="other")
    assert loader.read(CREDENTIALS) == b"READ\n"
    assert len(loader.end()) == (1 if allowed else 2)


def test_one_model_of_several_is_enough_to_forbid_and_not_to_allow(box):
    for action, alerts in (("alert", 1), ("allow", 1)):
        loader = Asked(box, {"repo": ["acme/*"]}, action)
        for repo in ("acme/net", "other/net"):
            path = snapshot(box, repo)
            loader.load(path)
            loader.known(path, model__repo=repo, model__format="other")
        assert loader.read(CREDENTIALS) == b"READ\n"
        assert len(loader.end()) == alerts, action


def test_what_is_not_known_yet_is_forbidden(box):
    """While nobody reads what the kernel tells, a model is judged as the worst one."""
    loader = Asked(box, {"pinned": False}, "kill", "--no-fanotify")
    path = snapshot(box, "acme/net")
    loader.load(path)
    loader.known(path, model__repo="acme/net", model__format="other")
    assert loader.read(CREDENTIALS) == b"READ\n"    # pinned, and known to be
    loader.process.send_signal(signal.SIGSTOP)
    try:
        loader.load(snapshot(box, "acme/other"))
        loader.tell(CREDENTIALS)
        stat = f"/proc/{loader.pid}/stat"
        b.until(lambda: open(stat).read().rpartition(")")[2].split()[0] == "Z", "its end")
    finally:
        loader.process.send_signal(signal.SIGCONT)
    alert, = loader.end()
    assert b.get(alert, "rule.id") == "asked"
    assert b.get(alert, "enforcement.outcome") in b.BEFORE


def test_a_reload_judges_anew(box):
    """The models that a loader has are known under the next policy too."""
    def rules(repo):
        return [{"id": "asked", "on": "file.open", "path": [CREDENTIALS],
                 "model": {"repo": [repo]}, "action": "alert"}]

    program = box.dir("own") / "python3"
    if not program.exists():
        program.write_bytes(open(os.path.realpath(b.PYTHON), "rb").read())
        program.chmod(0o755)
    loaders = [{"id": "own", "exec": [str(program)], "tag": "loader"}]
    policy = box.policy(rules("other/*"), loaders=loaders, record=["file.open"])
    with box.daemon(policy) as daemon:
        daemon.warm(program)
        loader = box.spawn([program, "-c", ASK], stdin=subprocess.PIPE)
        loader.stdout.readline()

        def read(path):
            loader.stdin.write(f"open {path}\n".encode())
            loader.stdin.flush()
            return loader.stdout.readline()

        def known():
            assert read("/dev/null") == b"READ\n"
            return daemon.records.find("file.open", file__path="/dev/null",
                                       model__format="other")
        assert read(snapshot(box, "acme/net")) == b"READ\n"
        b.until(known, "the model")
        assert read(CREDENTIALS) == b"READ\n" and not daemon.records.alerts()
        policy.write_text(json.dumps({**json.loads(policy.read_text()), "rules": rules("acme/*")}))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("monitor.policy", monitor__result="loaded")
        assert read(CREDENTIALS) == b"READ\n"
        alert, = daemon.wait_for("file.open", event__kind="alert")
        assert b.get(alert, "model.repo") == "acme/net"
        loader.stdin.close()


FLOOD = """
import sys
names = [f"{sys.argv[1]}/{i}.safetensors" for i in range(4000)]
for name in names:
    open(name, "wb").close()
for name in names:
    open(name, "rb").close()
open(sys.argv[2]).read()
print("LOADED")
"""


def test_a_flood(box):
    """More files than are looked at: that is said, and what is not known is forbidden."""
    rules = [{"id": "cred", "on": "file.open", "path": [CREDENTIALS],
              "model": {"repo": ["acme/*"]}, "action": "alert"}]
    place = box.new("flood")
    done = box.run(b.PYTHON, "-c", FLOOD, place, CREDENTIALS, rules=rules)
    model = model_of(done)
    assert (model["hub"], model["repo"]) == ("local", str(place))
    reason = "a loader opened more files of models in a second than are looked at"
    assert done.records.find("monitor.gap", monitor__reason=reason)
