# SPDX-License-Identifier: Apache-2.0
"""Ways to a forbidden unix socket. Each has sockets of its own; "twin" is an allowed neighbour."""

import contextlib
import socket

import pytest

import box as b

DIAL = str(b.TRIGGERS / "dial_ways")
WAYS = b.ways("dial_ways")
KINDS = {"": socket.SOCK_STREAM, ".dgram": socket.SOCK_DGRAM}


def attempt(box, name, ways, mode):
    """{way: (what the trigger says, what arrived, its alerts)}"""
    base, result = box.dir(name), {}
    with contextlib.ExitStack() as stack:
        sinks = {}
        for way in ways:
            box.dir(base / way / "scratch")
            where = box.dir(base / way / "object")
            for suffix, kind in KINDS.items():
                sinks[way, suffix] = stack.enter_context(
                    b.Sink(socket.AF_UNIX, kind, f"{where}/file{suffix}"))
                stack.enter_context(b.Sink(socket.AF_UNIX, kind, f"{where}/twin{suffix}"))
        done = box.run(DIAL, ",".join(ways), base, mode=mode, rules=[
            {"id": "socket", "on": ["net.connect", "net.send"], "action": "deny",
             "path": [f"{base}/{w}/object/file{s}" for w in ways for s in KINDS]}])
        assert done.rc == 0, done.text
        for way in ways:
            arrived = False
            for suffix, kind in KINDS.items():
                where = base / way / "object" / f"file{suffix}"
                if not where.exists():
                    where = base / way / "scratch" / "s"    # renamed
                with socket.socket(socket.AF_UNIX, kind) as s:
                    s.connect(str(where))
                    s.sendall(b"<end>")
                sinks[way, suffix].got(b"<end>")
                arrived |= b"EXFIL" in sinks[way, suffix].data
            truth = done.truths[way]
            result[way] = truth, arrived, done.records.alerts(process__pid=truth["pid"])
    return result


@pytest.fixture(scope="module")
def denied(box):
    return attempt(box, "deny", WAYS, "enforce")


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "see", [w for w in WAYS if "race" not in w], "observe")


@pytest.mark.parametrize("way", WAYS)
def test_nothing_arrives(denied, way, guarantee):
    _, arrived, alerts = denied[way]
    guarantee(f"dial.{way}", alerts, happened=arrived)


@pytest.mark.parametrize("way", [w for w in WAYS if "race" not in w])
def test_the_way_works(seen, way):
    truth, arrived, _ = seen[way]
    assert truth["got"] and arrived
