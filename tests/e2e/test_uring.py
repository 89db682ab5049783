# SPDX-License-Identifier: Apache-2.0
"""io_uring: rings that are made, every request to one, and the object that a request has led to."""

import errno
import os
import shutil
import signal
import socket

import pytest

import box as b

WAYS = b.ways("uring_ways")


def ways_of(first, last):
    return WAYS[WAYS.index(first):WAYS.index(last) + 1]


OPENS = ways_of("openat", "overflow-slot")
# Names lead there by a symlink, and no completion shows the file.
HIDDEN = {"skip-symlink", "unreaped-symlink"}
LOST = {"overflow-slot"}
CHANGES = ways_of("unlink", "fsetxattr")
SOCKETS = ways_of("unix", "listen-slot")
CHANGE_KINDS = ["file.unlink", "file.rename", "file.link", "file.symlink", "file.truncate",
                "file.setxattr"]


def changed(base, way):
    """Did the change happen?"""
    file = base / way / "secret" / "file"
    if way.startswith(("unlink", "rename")):
        return not file.exists() or not file.read_text()
    if way == "link":
        return (base / way / "scratch" / "link").exists()
    if way == "symlink-there":
        return file.with_name("file.link").is_symlink()
    if way.startswith("truncate"):
        return file.stat().st_size == 0
    if way == "fallocate":
        return file.stat().st_size >= 4096
    return "user.way" in os.listxattr(file)


def happened(base, token, truth):
    if truth["way"] in CHANGES:
        return changed(base, truth["way"])
    return bool(truth["got"]) or token in truth["note"]


def is_missing(truth):
    """Whether this kernel does not know the request."""
    return truth["ret"] == -1 and truth["errno"] == errno.EINVAL


def rules(base, action):
    return [{"id": "secret", "on": "file.open", "action": action,
             "path": [f"{base}/{w}/secret/file" for w in OPENS]},
            {"id": "change", "on": CHANGE_KINDS, "action": action,
             "path": [f"{base}/{w}/secret/*" for w in CHANGES]},
            {"id": "socket", "on": "net.*", "path": [f"{base}/sock", f"{base}/bound"],
             "action": action},
            {"id": "packet", "on": "net.socket", "protocol": "packet", "action": action},
            {"id": "listen", "on": "net.listen", "cidr": ["0.0.0.0/0", "::/0"],
             "action": action}]


def attempt(box, name, ways, rule, *more, mode="enforce", **k):
    """The ways in a tree of their own. Gives what is left: run, tree, listener."""
    base = box.dir(name)
    for way in WAYS:
        file = box.write(base / way / "secret" / "file", f"SECRET {box.token}\n")
        (base / way / "scratch").mkdir()
        os.link(file, base / way / "scratch" / "hard")
    os.symlink(base / "sock", base / "alias")
    with b.Sink(socket.AF_UNIX, socket.SOCK_STREAM, str(base / "sock")) as sink:
        done = box.run(b.TRIGGERS / "uring_ways", ",".join(ways), base, *more,
                       rules=rule(base), mode=mode, **k)
        with socket.socket(socket.AF_UNIX) as s:    # what came before it has been taken before it
            s.connect(str(base / "sock"))
            s.sendall(b"<end>")
        sink.got(b"<end>")
    assert done.rc == 0, done.text
    return done, base, sink


EFFECTS = OPENS + CHANGES + SOCKETS


def release(column):
    return [int(x) for x in column["kernel"].split(".")[:2]]


@pytest.fixture(scope="module")
def requests(column):
    """Only rings are judged where no tracepoint names a request."""
    if release(column) < [5, 19]:
        pytest.skip("cannot: requests to a ring are seen since Linux 5.19")


@pytest.fixture(scope="module")
def killed(box, requests):
    return attempt(box, "killed", EFFECTS, lambda base: rules(base, "kill"), "stay")


@pytest.fixture(scope="module")
def seen(box, requests):
    return attempt(box, "seen", EFFECTS, lambda base: rules(base, "kill"), mode="observe")


@pytest.mark.parametrize("way", EFFECTS)
def test_stopped(killed, seen, box, way, guarantee):
    if is_missing(seen[0].truths[way]):
        guarantee.impossible(f"uring.{way}", seen[0].truths[way])
        return
    done, base, _ = killed
    truth = done.truths[way]
    alerts = done.records.alerts(truth["event"], process__pid=truth["pid"])
    word = guarantee(f"uring.{way}", alerts, happened(base, box.token, truth))
    if way in LOST:
        assert word in ("alerted", "denied")    # nobody opens what fanotify asks about
    else:
        assert word.startswith(("killed", "denied")) and truth["signal"] == 9, truth
        assert not truth["done"] or way in HIDDEN    # user space comes later


@pytest.mark.parametrize("way", EFFECTS)
def test_seen_once(seen, box, way, column):
    """One event for one effect, and each way works when nothing stops it."""
    done, base, _ = seen
    truth = done.truths[way]
    if is_missing(truth):
        pytest.skip("cannot: this kernel does not know the request")
    assert truth["done"] and truth["errno"] == 0, truth
    assert happened(base, box.token, truth), truth
    alerts = done.records.alerts(process__pid=truth["pid"])
    assert {b.get(a, "event.action") for a in alerts} == {truth["event"]}
    # A cgroup hook, for these sockets since 6.7, does not know who called it.
    by_cgroup = way == "unix" and release(column) >= [6, 7]
    assert {b.get(a, "event.entry") for a in alerts} == {None if by_cgroup else "io_uring"}
    assert {b.get(a, "enforcement.outcome") for a in alerts} == {"alerted"}
    if way in HIDDEN | LOST:
        assert b.get(alerts[0], "rule.id") == "unresolved"
        return
    alert, = alerts
    assert b.get(alert, "rule.id") != "unresolved"
    if truth["event"] == "file.open" and way != "hardlink":
        assert b.get(alert, "file.path") == str(base / way / "secret" / "file")
        assert b.get(alert, "file.access") == ["read"]


@pytest.mark.parametrize("way", sorted(HIDDEN))
def test_user_space_looks_where_a_hidden_open_leads(seen, way):
    done, base, _ = seen
    alerts = done.records.alerts(process__pid=done.truths[way]["pid"])
    assert len(alerts) == 2, alerts
    found = alerts[1]
    assert b.get(found, "rule.id") == "secret"
    assert b.get(found, "file.path") == str(base / way / "secret" / "file")


def test_no_byte_through_a_socket(killed, seen):
    assert b"EXFIL" not in killed[2].data
    assert seen[2].data.count(b"EXFIL") == 3


def test_a_change_is_told_like_its_call(seen, column):
    done, base, _ = seen
    def alert(way):
        return done.records.alerts(process__pid=done.truths[way]["pid"])[0]
    # A security hook knows what is done, not by which request.
    assert b.get(alert("unlink"), "call.name") == ("unlinkat" if int(column["rung"]) == 3 else None)
    assert b.get(alert("unlink"), "call.operation") == ["file"]
    assert b.get(alert("rename"), "file.target_path") == str(base / "rename" / "scratch/renamed")
    assert b.get(alert("symlink-there"), "file.target_path") == "/nowhere"
    # The kernel's own addresses are nobody's business.
    assert b.get(alert("unlink"), "call.args") is None


# ---------------------------------------------------------------------- the ring itself
MAKING = ["setup", "setup-sqpoll"]


def forbid(operation, action):
    return lambda base: [{"id": "ring", "on": "io_uring.setup", "operation": operation,
                          "action": action}]


@pytest.fixture(scope="module")
def no_rings(box):
    return attempt(box, "no-rings", MAKING, forbid(["setup", "sqpoll"], "kill"))[0]


@pytest.mark.parametrize("way", MAKING)
def test_making_a_ring(no_rings, way, guarantee):
    truth = no_rings.truths[way]
    alert, = no_rings.records.alerts("io_uring.setup", process__pid=truth["pid"])
    assert guarantee(f"uring.{way}", [alert], truth["got"]) == "killed-before-effect"
    assert truth["signal"] == 9 and not truth["done"]


def test_registering(box, guarantee):
    done = attempt(box, "no-register", ["register"], forbid("register", "kill"))[0]
    truth = done.truths["register"]
    alert, = done.records.alerts("io_uring.setup", process__pid=truth["pid"])
    assert guarantee("uring.register", [alert], truth["got"]) == "killed-before-effect"
    assert truth["signal"] == 9 and not truth["done"]


@pytest.fixture(scope="module")
def no_threads(box):
    return attempt(box, "no-threads", MAKING + ["register", "setup-race"],
                   forbid("sqpoll", "kill"))[0]


def test_a_ring_with_a_thread(no_threads):
    truth = no_threads.truths["setup-sqpoll"]
    alert, = no_threads.records.alerts("io_uring.setup", process__pid=truth["pid"])
    assert b.get(alert, "call.operation") == ["sqpoll"] and truth["signal"] == 9
    for way in ("setup", "register"):
        truth = no_threads.truths[way]
        assert truth["done"] and not no_threads.records.alerts(process__pid=truth["pid"])


def test_flags_that_change_while_the_ring_is_made(no_threads, box, guarantee):
    """The kernel's flags count, and none comes back with a ring that has a thread."""
    truth = no_threads.truths["setup-race"]
    alert, = no_threads.records.alerts("io_uring.setup", process__pid=truth["pid"])
    guarantee("uring.setup-race", [alert], truth["got"])
    assert truth["signal"] == 9 and not truth["done"]
    tries = (attempt(box, f"race-{i}", ["setup-race"], lambda base: [])[0] for i in range(5))
    assert any(t.truths["setup-race"]["got"] for t in tries), "the way does not work"


def test_what_is_registered_is_told(box):
    done = attempt(box, "register", ["register", "setup-sqpoll"],
                   forbid(["register", "sqpoll"], "alert"))[0]
    words = [b.get(r, "call.operation") for r in done.records.alerts("io_uring.setup")]
    assert words == [["register"], ["sqpoll"]]
    assert {b.get(r, "call.name") for r in done.records.alerts()} == {"io_uring_register",
                                                                      "io_uring_setup"}


# ---------------------------------------------------------------------- operations
@pytest.mark.usefixtures("requests")
def test_an_operation_is_forbidden(box, guarantee):
    done, _, _ = attempt(box, "nop", ["nop"], lambda base: [
        {"id": "nop", "on": "io_uring.op", "operation": "nop", "action": "kill"}])
    truth = done.truths["nop"]
    alert, = done.records.alerts("io_uring.op", process__pid=truth["pid"])
    assert b.get(alert, "call.operation") == ["nop"]
    guarantee("uring.nop", [alert], truth["got"])
    assert truth["signal"] == 9


@pytest.mark.usefixtures("requests")
def test_every_operation_is_recorded_where_asked(box):
    done, _, _ = attempt(box, "record", ["slot", "async"], lambda base: [], record=["io_uring.op"])
    words = [b.get(r, "call.operation") for r in done.records.find("io_uring.op")]
    assert words == [["openat"], ["read"], ["openat"]]
    assert not done.records.alerts()


@pytest.mark.usefixtures("requests")
def test_opens_are_recorded_where_asked(box):
    ways = ["openat", "async", "symlink-sqpoll", "slot"]
    done, base, _ = attempt(box, "opens", ways, lambda base: [], record=["file.open"])
    paths = [b.get(r, "file.path") for r in done.records.find("file.open", event__entry="io_uring")]
    assert paths == [str(base / w / "secret" / "file") for w in ways]


@pytest.mark.usefixtures("requests")
def test_silent_where_nothing_is_asked(box):
    """But for opens whose end cannot be seen: the monitor's own files are always forbidden."""
    hidden = HIDDEN | LOST | {"skip", "unreaped", "defer"}
    ways = [w for w in EFFECTS if w not in hidden]
    done, _, _ = attempt(box, "silent", ways, lambda base: [])
    assert not done.records.alerts()
    assert not done.records.find("io_uring.op")
    assert all(t["done"] for t in done.truths.values())


@pytest.mark.usefixtures("requests")
def test_killed_where_a_cgroup_hook_denies(box):
    """In the kernel, not by user space a moment later: the call does not come back."""
    ways = ["unix"]
    done, _, sink = attempt(box, "denied", ways, lambda base: rules(base, "kill"))
    truth = done.truths["unix"]
    alert, = done.records.alerts("net.connect", process__pid=truth["pid"])
    assert b.get(alert, "enforcement.outcome") == "denied"
    assert not truth["done"] and truth["signal"] == 9 and b"EXFIL" not in sink.data


# ---------------------------------------------------------------------- evidence
@pytest.mark.usefixtures("requests")
def test_a_model_opened_through_a_ring_is_evidence(box):
    """A candidate becomes a loader by it, like by any other open."""
    base = box.dir("evidence")
    program, keeper = base / "python3", base / "keeper" / "python3"
    shutil.copy(b.TRIGGERS / "uring_ways", program)
    keeper.parent.mkdir()
    shutil.copy(os.path.realpath(b.PYTHON), keeper)
    (base / "openat" / "secret").mkdir(parents=True)
    os.symlink("../../model.safetensors", base / "openat" / "secret" / "file")
    box.write(base / "model.safetensors", "x")
    policy = box.policy([], loaders=[{"id": "python", "exec": [str(program), str(keeper)],
                                      "evidence": ["model-file"]}])
    with box.daemon(policy) as daemon:
        daemon.warm(keeper)
        process = box.spawn([program, "openat", base, "stay"])    # until its /proc has been read
        start, = daemon.wait_for("loader.start")
        os.kill(b.get(start, "process.pid"), signal.SIGKILL)
        box.finish(process, None)
        assert b.get(start, "loader.why") == "evidence"
        assert b.get(start, "process.executable") == str(program)
