# SPDX-License-Identifier: Apache-2.0
"""What stands in the log: every line whole, every attempt once, every field true."""

import datetime
import json
import os
import re

import pytest

import box as b

EVERYTHING = ["process.fork", "process.exec", "process.exit", "file.open", "net.socket",
              "net.connect", "net.send", "net.bind", "net.listen"]
STORM = b.TRIGGERS / "storm"


def path_bytes(record, key="file.path"):
    """The bytes of a name: in hex beside it, where it is not UTF-8."""
    extra = b.get(record, key + "_bytes")
    return bytes.fromhex(extra) if extra else b.get(record, key).encode()


@pytest.fixture(scope="module")
def everything(box):
    """One loader that does a bit of all."""
    code = ("import os, socket, subprocess, sys\n"
            "open('/etc/hostname').read()\n"
            "subprocess.run(['/bin/true'])\n"
            "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(1)\n"
            "c = socket.create_connection(s.getsockname())\n"
            "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "u.sendto(b'x', ('127.0.0.1', 9)); print(s.getsockname()[1])\n"
            "sys.exit(5)\n")
    done = box.run(b.PYTHON, "-c", code, record=EVERYTHING, rules=[
        {"id": "hostname", "on": "file.open", "path": ["/etc/hostname"], "action": "alert",
         "severity": "high", "reason": "a reason"}])
    assert done.rc == 5, done.text
    return done


@pytest.mark.parametrize("action", EVERYTHING + ["loader.start", "loader.end", "monitor.start",
                                                 "monitor.stop"])
def test_each_kind_appears(everything, action):
    found = everything.records.find(action)
    assert found
    for record in found:
        when = b.get(record, "@timestamp") or record["@timestamp"]
        datetime.datetime.fromisoformat(when.replace("Z", "+00:00").split(".")[0] + "+00:00"
                                        if "." in when else when.replace("Z", "+00:00"))
        assert b.get(record, "event.kind") in ("event", "alert", "metric", "state")
        if action.startswith("monitor."):
            continue
        assert b.get(record, "process.pid") > 0
        assert b.get(record, "process.entity_id")
        assert b.get(record, "process.parent.pid") > 0
        assert b.get(record, "process.parent.entity_id")
        assert b.get(record, "loader.id") and b.get(record, "loader.why") == "run"
        assert isinstance(b.get(record, "event.category"), list)
        assert isinstance(b.get(record, "event.type"), list)


def test_an_alert_is_complete(everything):
    alert, = everything.records.alerts()
    assert b.get(alert, "rule.id") == "hostname"
    assert b.get(alert, "rule.description") == "a reason"
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert b.get(alert, "file.path") == "/etc/hostname"
    stat = os.stat("/etc/hostname")
    assert int(b.get(alert, "file.inode")) == stat.st_ino
    device = b.get(alert, "file.device")
    numbers = [int(x) for x in re.findall(r"\d+", str(device))]
    assert numbers == [os.major(stat.st_dev), os.minor(stat.st_dev)], device
    assert b.get(alert, "process.executable") == os.path.realpath(b.PYTHON)
    assert b.get(alert, "process.args")[:2] == [b.PYTHON, "-c"]
    assert str(b.get(alert, "process.user.id")) == "0"


def test_network_records(everything):
    port = int(everything.out)
    records = everything.records
    assert [b.get(r, "destination.port") for r in records.find("net.connect")] == [port]
    send, = records.find("net.send")
    assert (b.get(send, "destination.ip"), b.get(send, "destination.port")) == ("127.0.0.1", 9)
    assert b.get(send, "network.transport") == "udp"
    listen, = records.find("net.listen")
    assert (b.get(listen, "source.ip"), b.get(listen, "source.port")) == ("127.0.0.1", port)


def test_a_process_from_fork_to_exit(everything):
    records = everything.records
    child, = [r for r in records.find("process.exec") if b.get(r, "file.path") == "/usr/bin/true"]
    pid, entity = b.get(child, "process.pid"), b.get(child, "process.entity_id")
    fork, = [r for r in records.find("process.fork") if b.get(r, "process.child.pid") == pid]
    assert b.get(fork, "process.child.entity_id") == entity
    end, = records.find("process.exit", process__pid=pid)
    assert b.get(end, "process.entity_id") == entity
    assert b.get(end, "process.exit_code") == 0
    assert b.get(child, "process.parent.entity_id") == b.get(fork, "process.entity_id")
    root, = [r for r in records.find("process.exit")
             if b.get(r, "process.pid") == b.get(fork, "process.pid")]
    assert b.get(root, "process.exit_code") == 5


def test_every_open_once(box):
    file = box.write("once/file", "x")
    done = box.run(b.TRIGGERS / "open_ways", "all", file, box.dir("once/scratch"),
                   record=["file.open"])
    # Some ways mount first: a name that is not in memory then is an alert of its own (unresolved).
    assert not done.records.alerts("file.open")
    for way, truth in done.truths.items():
        mine = [r for r in done.records.find("file.open", process__pid=truth["pid"])
                if (b.get(r, "file.inode") or "0") == str(truth["ino"])
                and (truth["ino"] or b.get(r, "file.path_raw") == truth["raw"])
                and "path" not in (b.get(r, "file.access") or [])]
        assert len(mine) == 1, (way, mine)
        assert (b.get(mine[0], "error.number") or 0) == truth["errno"]


def test_every_child_once(box):
    done = box.run(STORM, "forks", "300", record=["process.fork", "process.exit"])
    pid = json.loads(done.out)["pid"]
    forks = [r for r in done.records.find("process.fork", process__pid=pid)]
    children = {b.get(r, "process.child.pid"): b.get(r, "process.child.entity_id") for r in forks}
    assert len(forks) == len(children) == 300
    ends = [r for r in done.records.find("process.exit") if b.get(r, "process.pid") in children]
    assert len(ends) == 300
    assert sorted(b.get(r, "process.exit_code") for r in ends) == sorted(
        i % 256 for i in range(300))
    assert all(children[b.get(r, "process.pid")] == b.get(r, "process.entity_id") for r in ends)


def test_hostile_names(box):
    where = box.dir("names")
    rules = [{"id": "names", "on": "file.open", "path": [f"{where}/**"], "action": "alert"}]
    done = box.run(STORM, "names", where, rules=rules)
    assert done.rc == 0, done.text
    names = sorted(os.listdir(os.fsencode(where)))
    assert len(names) == json.loads(done.out)["names"]
    seen = [path_bytes(r) for r in done.records.alerts("file.open")]
    for name in names:
        assert seen.count(os.fsencode(where) + b"/" + name) == 2, name    # written, read
    assert not re.search(rb"[\x00-\x08\x0b-\x1f]", b"".join(
        f.read_bytes() for f in done.log.glob("*.jsonl")))


def test_hostile_arguments(box):
    args = [b"\xff\xfe", b"new\nline", b"\x1b[31m", b"{\"a\":1}", b"", b"x" * 5000]
    done = box.run(b.PYTHON, "-c", "import os, sys; os.execv('/bin/true', sys.argv[1:])", "true",
                   *[os.fsdecode(a) for a in args[:5]], "x" * 5000, record=["process.exec"])
    record, = [r for r in done.records.find("process.exec")
               if b.get(r, "file.path") == "/usr/bin/true"]
    shown = b.get(record, "process.args")
    assert shown[0] == "true" and shown[2] == "new\nline" and shown[4] == '{"a":1}'
    assert b.get(record, "process.args_count") == 7 or b.get(record, "process.args_truncated") or \
        len(shown[-1]) < 5000


def test_nothing_is_recorded_twice(everything):
    def ring(record):
        """Sequence numbers count for each CPU and ring; alerts and loader.* have theirs."""
        return (b.get(record, "event.kind") == "alert" or
                b.get(record, "event.action").startswith("loader."))
    keys = [(b.get(r, "event.cpu"), b.get(r, "event.sequence"), ring(r))
            for r in everything.records if b.get(r, "event.sequence") is not None]
    assert len(keys) == len(set(keys)) and keys
