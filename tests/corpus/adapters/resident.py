# SPDX-License-Identifier: Apache-2.0
"""The cases one after another under one `loadward daemon`: for guests under emulation, where each start of
loadward takes seconds. What wrap() and events() give is what loadward.py gives with `loadward run`.

The daemon knows its loaders by their interpreter: a copy of the case's own, which nobody else executes.
"""
import atexit
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import loadward    # noqa: E402

PATIENCE = 900     # seconds; an emulated daemon looks at the paths of a policy for minutes
HOME = pathlib.Path(os.environ["CORPUS_TMP"], "resident")
LOG = HOME / "log"
keep = set()       # the runner ends every other process that a case has left
daemon, ports, places, copies = None, None, {}, {}


def until(what, done):
    end = time.monotonic() + PATIENCE
    while not done():
        if daemon.poll() is not None:
            raise RuntimeError(f"the daemon ended with {daemon.returncode}: {(HOME / 'err').read_text()[-500:]}")
        if time.monotonic() > end:
            raise TimeoutError(f"no {what} within {PATIENCE} s: {(HOME / 'err').read_text()[-500:]}")
        time.sleep(0.02)


def interpreter(python):
    """A copy of an environment's interpreter, with the environment's packages."""
    if python not in copies:
        venv = pathlib.Path(python).parent.parent
        place = HOME / f"venv{len(copies)}"
        (place / "bin").mkdir(parents=True)
        copies[python] = shutil.copy2(os.path.realpath(python), place / "bin" / "python3.loader")
        (place / "lib").symlink_to(venv / "lib")
        shutil.copy2(venv / "pyvenv.cfg", place / "pyvenv.cfg")
    return str(copies[python])


def start(facts):
    global daemon, ports
    LOG.mkdir(parents=True)
    policy = loadward.policy(facts)
    policy["loaders"] = [{"id": "corpus", "exec": [f"{HOME}/venv*/bin/python3.loader"], "tag": "loader"}]
    (HOME / "policy.json").write_text(json.dumps(policy))
    ports = facts["allow_connect"]
    with open(HOME / "err", "w") as err:
        daemon = subprocess.Popen([loadward.find("LOADWARD", "build/loadward", (shutil.which("loadward"),)), "daemon",
                                   "--policy", str(HOME / "policy.json"), "--log", str(LOG), "--no-pin",
                                   "--control", str(HOME / "control")], stdin=subprocess.DEVNULL, stdout=err, stderr=err)
    keep.add(daemon.pid)
    atexit.register(stop)
    until("start of the daemon", (HOME / "control").exists)


def stop():
    daemon.terminate()
    if daemon.wait(PATIENCE) != 0:
        print(f"ERROR the daemon ended with {daemon.returncode}", file=sys.stderr)


def wrap(cmd, facts):
    if daemon is None:
        start(facts)
    if facts["allow_connect"] != ports:
        raise RuntimeError("one daemon has one policy: CORPUS_PORT must be set")
    decoy = pathlib.Path(facts["log"])    # lies where the log is
    shutil.move(decoy, LOG / loadward.DECOY)
    decoy.parent.rmdir()
    decoy.parent.symlink_to(LOG)
    return [interpreter(cmd[0])] + cmd[1:], str(LOG)


def new_records():
    """What the daemon has written since the last call, whole lines only."""
    for file in sorted(f for f in LOG.glob("*.jsonl") if f.name != loadward.DECOY):
        with open(file, "rb") as f:
            f.seek(places.get(file, 0))
            text = f.read()
        text = text[:text.rfind(b"\n") + 1]
        places[file] = places.get(file, 0) + len(text)
        yield from (json.loads(line.decode(errors="surrogateescape")) for line in text.splitlines())


def events(log, vars):
    """Those of the loaders that have come since the last case, when all of them have ended."""
    mine = []

    def ended():
        mine.extend(new_records())
        actions = [loadward.get(r, "event.action") for r in mine]
        return 0 < actions.count("loader.start") == actions.count("loader.end")

    until("end of the loader in the log", ended)
    yield from loadward.violations(mine)
