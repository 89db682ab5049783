# SPDX-License-Identifier: Apache-2.0
"""Who is a loader: every descendant, however made; nobody else; and why is in every event."""

import json
import os
import subprocess

import pytest

import box as b

STORM = str(b.TRIGGERS / "storm")


@pytest.fixture(scope="module")
def descendants(box):
    """Each way makes a descendant that opens a watched file."""
    path = box.write("tag/file", "x")
    done = box.run(b.TRIGGERS / "tag_ways", "all", path, mode="observe", rules=[
        {"id": "watched", "on": "file.open", "path": [str(path)], "action": "kill"}])
    assert done.rc == 0, done.text
    return done


@pytest.mark.parametrize("way", b.ways("tag_ways"))
def test_the_tag_goes_along(descendants, way):
    truth = descendants.truths[way]
    assert truth["done"] and truth["got"], truth
    alert, = descendants.records.alerts("file.open", process__pid=truth["pid"])
    assert b.get(alert, "process.thread.id") == truth["tid"]
    assert b.get(alert, "loader.why") == "run"
    if way == "setuid":
        assert b.get(alert, "process.user.id") in (65534, "65534")


def test_one_loader_in_every_event(descendants):
    records = [r for r in descendants.records
               if not b.get(r, "event.action").startswith("monitor.")]
    assert len({b.get(r, "loader.id") for r in records}) == 1
    assert {b.get(r, "loader.why") for r in records} == {"run"}
    assert {b.get(r, "loader.state") for r in records} == {"loader"}
    assert len(descendants.records.find("loader.start")) == 1
    assert len(descendants.records.find("loader.end")) == 1


def test_untagged_tasks_produce_nothing(box):
    """A stranger does the same things beside the loader, before, while and after it lives."""
    path = box.write("stranger/file", "x")
    rules = [{"id": "all", "on": ["file.open", "process.exec", "net.connect"],
              "path": ["/**"], "action": "alert"}]
    stranger = subprocess.Popen(
        ["/bin/sh", "-c", f"while :; do /bin/cat {path} >/dev/null; done"], start_new_session=True)
    box.children.append(stranger)
    try:
        done = box.run(STORM, "opens", "2000", path, rules=rules, mode="observe",
                       record=["process.fork", "process.exec", "file.open"])
    finally:
        os.killpg(stranger.pid, 9)
        stranger.wait()
    pid = json.loads(done.out)["pid"]
    assert {b.get(r, "process.pid") for r in done.records.find("file.open")} == {pid}
    assert len(done.records.alerts("file.open", file__path=str(path))) == 2000


CANDIDATE = """
import sys
def say(word):
    print(word, flush=True); sys.stdin.readline()
open(sys.argv[1]).read(); say("opened before evidence")
open(sys.argv[2], "rb").read(); open(sys.argv[1]).read(); say("opened after evidence")
"""


def loaders(program):
    return [{"id": "test-python", "exec": [str(program)], "evidence": ["model-file"]}]


@pytest.fixture
def interpreter(box):
    """An interpreter of our own, so that no other Python of the machine is a candidate."""
    where = box.new("interpreter")
    program = where / "python3"
    program.write_bytes(open(os.path.realpath(b.PYTHON), "rb").read())
    program.chmod(0o755)
    return program


def talk(process, word):
    assert process.stdout.readline() == word.encode() + b"\n"


def answer(process):
    process.stdin.write(b"\n")
    process.stdin.flush()


def model(box):
    return box.write(f"{b.HOME}/models/acme/model.safetensors", "weights")


def test_evidence_turns_a_candidate_into_a_loader(box, interpreter):
    secret = box.write("evidence/secret", "x")
    policy = box.policy([{"id": "secret", "on": "file.open", "path": [str(secret)],
                          "action": "alert"}], loaders=loaders(interpreter))
    with box.daemon(policy) as daemon:
        daemon.warm(interpreter)
        process = box.spawn([interpreter, "-c", CANDIDATE, secret, model(box)],
                            stdin=subprocess.PIPE)
        talk(process, "opened before evidence")
        answer(process)
        talk(process, "opened after evidence")
        start, = daemon.wait_for("loader.start", process__pid=process.pid)
        assert b.get(start, "loader.why") == "evidence"
        assert b.get(start, "file.path") == f"{b.HOME}/models/acme/model.safetensors"
        alert, = daemon.wait_for("file.open", event__kind="alert")
        assert b.get(alert, "loader.why") == "evidence"
        assert "test-python" in b.get(alert, "loader.why_rule")
        status = daemon.status()
        assert [x["root_pid"] for x in status["loaders"]] == [process.pid]
        assert status["hooks"]["syscall_attached"] == status["hooks"]["syscall_all"]
        answer(process)
        process.wait()
        daemon.wait_for("loader.end")
    assert len(daemon.records.alerts("file.open")) == 1    # not the one before the evidence


def test_the_call_after_the_evidence_is_stopped(box, interpreter):
    secret = box.write("evidence-kill/secret", "x")
    policy = box.policy([{"id": "secret", "on": "file.open", "path": [str(secret)],
                          "action": "kill"}], loaders=loaders(interpreter))
    with box.daemon(policy) as daemon:
        daemon.warm(interpreter)
        process = box.spawn([interpreter, "-c", CANDIDATE, secret, model(box)],
                            stdin=subprocess.PIPE)
        talk(process, "opened before evidence")
        answer(process)
        assert process.stdout.read() == b""
        assert process.wait() == -9
        alert, = daemon.wait_for("file.open", event__kind="alert")
        assert b.get(alert, "enforcement.outcome") in b.BEFORE


def test_a_candidate_without_evidence_is_nobody(box, interpreter):
    secret = box.write("candidate/secret", "x")
    policy = box.policy([{"id": "secret", "on": "file.open", "path": [str(secret)],
                          "action": "kill"}], loaders=loaders(interpreter),
                        record=["process.fork", "process.exec", "file.open"])
    with box.daemon(policy) as daemon:
        daemon.warm(interpreter)
        done = box.plain(interpreter, "-c", f"print(open('{secret}').read())")
        assert done.rc == 0 and done.out == b"x\n"
    assert {b.get(r, "event.action").split(".")[0] for r in daemon.records} == {"monitor"}


def test_loader_by_exec_rule(box, interpreter):
    secret = box.write("byexec/secret", "x")
    policy = box.policy([{"id": "secret", "on": "file.open", "path": [str(secret)],
                          "action": "kill"}],
                        loaders=[{"id": "by-exec", "exec": [str(interpreter)], "tag": "loader"}])
    with box.daemon(policy) as daemon:
        daemon.warm(interpreter)
        done = box.plain(interpreter, "-c", f"open('{secret}')")
        assert done.rc == -9
        alert, = daemon.wait_for("file.open", event__kind="alert")
        assert b.get(alert, "loader.why") == "exec"
        assert "by-exec" in b.get(alert, "loader.why_rule")


def test_a_loader_that_was_there_first(box, interpreter):
    """iter/task tags it at the daemon's start; its open model is the evidence."""
    secret = box.write("seed/secret", "x")
    policy = box.policy([{"id": "secret", "on": "file.open", "path": [str(secret)],
                          "action": "kill"}], loaders=loaders(interpreter))
    code = ("import sys; f = open(sys.argv[2], 'rb'); print('ready', flush=True); "
            "sys.stdin.readline(); open(sys.argv[1]); print('survived')")
    process = box.spawn([interpreter, "-c", code, secret, model(box)], stdin=subprocess.PIPE)
    talk(process, "ready")
    with box.daemon(policy) as daemon:
        b.until(lambda: daemon.status()["loaders"], "the seeded loader")
        answer(process)
        assert process.stdout.read() == b""
        assert process.wait() == -9
        alert, = daemon.wait_for("file.open", event__kind="alert")
        assert b.get(alert, "loader.why") in ("seed", "evidence")


def test_a_cold_start_is_caught_or_told(box, interpreter):
    """The first candidate of all: what its first moment hides is measured and written down."""
    secret = box.write("cold/secret", "x")
    policy = box.policy([{"id": "secret", "on": "file.open", "path": [str(secret)],
                          "action": "alert"}], loaders=loaders(interpreter))
    with box.daemon(policy) as daemon:
        box.plain(interpreter, "-c", "import sys; open(sys.argv[2]); open(sys.argv[1])", secret,
                  model(box))
        told, = daemon.wait_for("monitor.hooks", monitor__state="attached")
        assert int(b.get(told, "monitor.blind_ns")) > 0
        daemon.all_hooks()


def test_two_loaders_are_told_apart(box):
    path = box.write("two/file", "x")
    rules = [{"id": "w", "on": "file.open", "path": [str(path)], "action": "alert"}]
    first = box.run("/bin/cat", path, rules=rules)
    second = box.run("/bin/cat", path, rules=rules)
    ids = [b.get(d.records.alerts("file.open")[0], "loader.id") for d in (first, second)]
    assert ids[0] != ids[1]
