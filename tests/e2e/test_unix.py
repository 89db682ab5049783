# SPDX-License-Identifier: Apache-2.0
"""AF_UNIX: the socket that was really reached is judged, by path or inode; abstract by name."""

import contextlib
import socket

import pytest

import box as b

WAYS = [w for w in b.ways("unix_ways") if w not in ("missing", "socketpair")]
BY_PATH = [w for w in WAYS if w != "abstract"]


def attempt(box, name, mode, rules=None, ways="all"):
    path = box.dir(f"{name}/sock") / "s"
    rules = rules or [{"id": "socket", "on": ["net.connect", "net.send"],
                       "path": [f"{path}", f"{path}.dgram"], "action": "deny"}]
    with contextlib.ExitStack() as stack:
        stream, dgram, abstract = (stack.enter_context(b.Sink(socket.AF_UNIX, kind, where))
                                   for kind, where in ((socket.SOCK_STREAM, str(path)),
                                                       (socket.SOCK_DGRAM, f"{path}.dgram"),
                                                       (socket.SOCK_STREAM, "\0s")))
        done = box.run(b.TRIGGERS / "unix_ways", ways, path, box.dir(f"{name}/scratch"),
                       rules=rules, mode=mode)
        assert done.rc == 0, done.text
        # What was connected before it has been accepted before this.
        for where in (str(path), "\0s"):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(where)
                s.sendall(b"<end>")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"<end>", f"{path}.dgram")
        for sink in (stream, dgram, abstract):
            sink.got(b"<end>")
    return done, path, (stream, dgram, abstract)


@pytest.fixture(scope="module")
def denied(box):
    return attempt(box, "denied", "enforce")


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "seen", "observe")


@pytest.mark.parametrize("way", BY_PATH)
def test_denied(denied, way, guarantee):
    done, _, _ = denied
    truth = done.truths[way]
    stopped = truth["errno"] == 1 or (truth["signal"] == 9 and not truth["done"])
    assert stopped and not truth["got"], truth
    alert, = done.records.alerts(process__pid=truth["pid"])
    guarantee(f"unix.{way}", [alert], happened=truth["got"])
    assert b.get(alert, "rule.id") == "socket"
    assert b.get(alert, "event.action") == truth["event"]
    assert b.stopped_as(alert, "denied" if truth["errno"] == 1 else "killed-after-possible-effect")


def test_nothing_was_sent(denied):
    _, _, (stream, dgram, _) = denied
    assert b"EXFIL" not in stream.data + dgram.data


@pytest.mark.parametrize("way", BY_PATH)
def test_seen_with_its_path(seen, way):
    done, path, _ = seen
    truth = done.truths[way]
    assert truth["got"] == 1, truth
    # Before 6.7 a security hook sees what a connected socket sends as well.
    alert, = done.records.alerts(truth["event"], process__pid=truth["pid"])
    assert b.get(alert, "network.transport") == "unix"
    want = f"{path}.dgram" if way.startswith("dgram") else str(path)
    if way not in ("hardlink", "bind-mount"):
        assert b.get(alert, "destination.path") == want
    if b.get(alert, "enforcement.backend") not in b.SECURITY:    # they have the object
        assert b.get(alert, "destination.path_raw") == truth["raw"]


def test_what_is_not_named_is_silent(denied):
    done, _, _ = denied
    for way in ("abstract", "missing", "socketpair"):
        assert not done.records.alerts(process__pid=done.truths[way]["pid"])
    assert done.truths["socketpair"]["got"] == 1


def test_abstract(box, guarantee):
    done, _, (_, _, sink) = attempt(box, "abstract", "enforce", ways="abstract", rules=[
        {"id": "abstract", "on": "net.connect", "path": ["@s"], "action": "deny"}])
    truth = done.truths["abstract"]
    assert truth["errno"] == 1 or truth["signal"] == 9, truth
    assert b"EXFIL" not in sink.data
    alert, = done.records.alerts("net.connect")
    guarantee("unix.abstract", [alert], happened=b"EXFIL" in sink.data)
    assert b.get(alert, "destination.path") == "@s" or b.get(alert, "destination.path_raw") == "@s"


def test_a_forbidden_socket_that_is_not_there(box):
    done, path, _ = attempt(box, "gone", "enforce", ways="missing", rules=[
        {"id": "gone", "on": "net.connect", "path": [f"{box.root}/gone/sock/s.missing"],
         "action": "alert"}])
    assert done.truths["missing"]["errno"] == 2
    alert, = done.records.alerts("net.connect")
    # Judged before the kernel looks for it: then its result is not known, and that is said.
    assert b.get(alert, "error.code") == "ENOENT" or b.get(alert, "event.outcome") == "unknown"
