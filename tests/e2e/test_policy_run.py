# SPDX-License-Identifier: Apache-2.0
"""Policies that are wrong, and policies that change while loaders run."""

import json
import os
import signal
import subprocess

import pytest

import box as b

GOOD = {"version": 1, "name": "n", "rules": [], "default": b.NOTHING_FORBIDDEN}
RULE = {"id": "r", "on": "file.open", "path": ["/x"], "action": "kill"}

BAD = {
    "empty": "",
    "no-json": "{ not json",
    "array": "[]",
    "trailing": json.dumps(GOOD) + "x",
    "unknown-key": json.dumps({**GOOD, "rulez": []}),
    "wrong-version": json.dumps({**GOOD, "version": 99}),
    "wrong-mode": json.dumps({**GOOD, "mode": "maybe"}),
    "no-action": json.dumps({**GOOD, "rules": [{k: RULE[k] for k in ("id", "on", "path")}]}),
    "bad-action": json.dumps({**GOOD, "rules": [{**RULE, "action": "explode"}]}),
    "bad-kind": json.dumps({**GOOD, "rules": [{**RULE, "on": "file.opne"}]}),
    "bad-cidr": json.dumps({**GOOD, "rules": [
        {"id": "r", "on": "net.connect", "cidr": ["1.2.3.4/33"], "action": "deny"}]}),
    "bad-port": json.dumps({**GOOD, "rules": [
        {"id": "r", "on": "net.connect", "port": [70000], "action": "deny"}]}),
    "bad-glob": json.dumps({**GOOD, "rules": [{**RULE, "path": ["/a/[z"]}]}),
    "duplicate": json.dumps({**GOOD, "rules": [RULE, {**RULE, "path": ["/y"]}]}),
    "deep": "[" * 100000,
    "huge": " " * (2 << 20) + json.dumps(GOOD),
    "binary": "\x00\x01\x02\xff",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_policy_starts_nothing(box, name):
    file = box.root / f"bad-{name}.json"
    file.write_bytes(BAD[name].encode("latin-1"))
    done = box.run("/bin/echo", "ran", policy=file)
    assert done.rc == 125
    assert b"ran" not in done.out
    assert file.name in done.text
    check = box.plain(b.LOADWARD, "policy", "check", file)
    assert check.rc != 0


def test_non_utf8_policy(box):
    file = box.root / "latin.json"
    file.write_bytes(json.dumps({**GOOD, "name": "NAME"}).encode().replace(b"NAME", b"\xe9\xff"))
    assert box.run("/bin/true", policy=file).rc == 125


def test_all_problems_at_once(box):
    rules = [{**RULE, "action": "explode"}, {**RULE, "id": "s", "on": "file.opne"},
             {"id": "t", "on": "net.connect", "cidr": ["1.2.3.4/33"], "action": "deny"}]
    file = box.write("many.json", json.dumps({**GOOD, "rules": rules}, indent=1))
    done = box.run("/bin/true", policy=file)
    assert done.rc == 125
    for word in ("explode", "file.opne", "1.2.3.4/33", "/rules/0", "/rules/1", "/rules/2"):
        assert word in done.text, done.text
    assert f"{file}:" in done.text


def test_policy_is_a_directory_or_a_fifo(box):
    assert box.run("/bin/true", policy=box.dir("directory.json")).rc == 125
    assert box.run("/bin/true", policy="/dev/null").rc == 125


def secret_rule(path, action="kill"):
    return {"id": "secret", "on": "file.open", "path": [str(path)], "action": action}


LOADER = """
import sys
for line in sys.stdin:
    try: open(line.strip()).read(); print("read", flush=True)
    except OSError as e: print(e.errno, flush=True)
"""


class Reader:
    """A loader that opens what it is told to."""

    def __init__(self, box, daemon, interpreter):
        self.process = box.spawn([interpreter, "-c", LOADER], stdin=subprocess.PIPE)
        daemon.all_hooks()

    def open(self, path):
        self.process.stdin.write(f"{path}\n".encode())
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().strip()


@pytest.fixture
def interpreter(box):
    program = box.new("interpreter") / "python3"
    with open(os.path.realpath(b.PYTHON), "rb") as f:
        program.write_bytes(f.read())
    program.chmod(0o755)
    return program


def daemon_policy(box, interpreter, rules, **k):
    return box.policy(rules, loaders=[{"id": "l", "exec": [str(interpreter)], "tag": "loader"}],
                      **k)


def reload(daemon, file, text, result):
    before = len(daemon.records.find("monitor.policy"))
    file.write_text(text)
    daemon.process.send_signal(signal.SIGHUP)
    record = daemon.wait_for("monitor.policy", before + 1)[-1]
    flat = json.dumps(record)
    assert result in flat, record


def test_reload(box, interpreter):
    one, two = box.write("reload/one", "1"), box.write("reload/two", "2")
    file = daemon_policy(box, interpreter, [secret_rule(one, "alert")])
    second = daemon_policy(box, interpreter, [secret_rule(two, "alert")]).read_text()
    with box.daemon(file) as daemon:
        reader = Reader(box, daemon, interpreter)
        assert reader.open(one) == "read" and reader.open(two) == "read"
        daemon.wait_for("file.open", event__kind="alert", file__path=str(one))
        digest = daemon.status()["policy"]["digest"]
        reload(daemon, file, second, "loaded")
        assert daemon.status()["policy"]["digest"] != digest
        assert reader.open(one) == "read" and reader.open(two) == "read"
        daemon.wait_for("file.open", event__kind="alert", file__path=str(two))
    alerts = [b.get(r, "file.path") for r in daemon.records.alerts("file.open")]
    assert alerts == [str(one), str(two)]


@pytest.mark.parametrize("name", ["no-json", "unknown-key", "bad-glob", "huge", "empty"])
def test_a_bad_reload_keeps_the_old_policy(box, interpreter, name):
    secret = box.write("keep/secret", "x")
    file = daemon_policy(box, interpreter, [secret_rule(secret)])
    with box.daemon(file) as daemon:
        digest = daemon.status()["policy"]["digest"]
        reload(daemon, file, BAD[name], "refused")
        assert daemon.status()["policy"]["digest"] == digest
        assert "old" in daemon.text
        assert Reader(box, daemon, interpreter).open(secret) == ""
        alert, = daemon.wait_for("file.open", event__kind="alert")
        assert b.get(alert, "enforcement.outcome") in b.BEFORE


def test_a_policy_that_is_deleted_keeps_the_old_one(box, interpreter):
    secret = box.write("deleted/secret", "x")
    file = daemon_policy(box, interpreter, [secret_rule(secret)])
    with box.daemon(file) as daemon:
        file.unlink()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("monitor.policy")
        assert Reader(box, daemon, interpreter).open(secret) == ""


def test_mode_at_run_time(box, interpreter):
    secret = box.write("switch/secret", "x")
    with box.daemon(daemon_policy(box, interpreter, [secret_rule(secret)])) as daemon:
        assert daemon.ask("mode", "observe").returncode == 0
        assert daemon.status()["mode"] == "observe"
        reader = Reader(box, daemon, interpreter)
        assert reader.open(secret) == "read"
        assert daemon.ask("mode", "enforce").returncode == 0
        assert reader.open(secret) == ""
        assert reader.process.wait() == -9
        daemon.wait_for("file.open", 2, event__kind="alert")
    outcomes = [b.get(r, "enforcement.outcome") for r in daemon.records.alerts("file.open")]
    assert outcomes[0] == "alerted" and outcomes[1] in b.BEFORE


@pytest.mark.parametrize("name", ["default", "strict", "observe"])
def test_the_shipped_policies_load(box, name):
    file = b.POLICIES / f"{name}.json"
    check = box.plain(b.LOADWARD, "policy", "check", file)
    assert check.rc == 0, check.text
    done = box.run("/bin/true", policy=file)
    assert done.rc == 0, done.text
    assert not done.records.alerts()
