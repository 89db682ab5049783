# SPDX-License-Identifier: Apache-2.0
"""Ways to a forbidden address, where only a rule on addresses stands between."""

import contextlib
import pathlib
import socket
import threading

import pytest

import box as b

SEND = str(b.TRIGGERS / "send_ways")
WAYS = b.ways("send_ways")
OTHER_NAMES = [w for w in WAYS if w.startswith("any")]    # of this host
RACES = [w for w in WAYS if w.startswith("race")]    # floods, apart from what they could drown
BY_ADDRESS = [w for w in WAYS if w not in OTHER_NAMES + RACES and w != "vsock"]
PORT = 4443
LOCAL = "127.0.0.1"


class Listeners:
    """At the forbidden and at the allowed address; and a stranger who hands out a connection."""

    def __init__(self, scratch):
        self.scratch, self.stack = scratch, contextlib.ExitStack()

    def __enter__(self):
        enter = self.stack.enter_context
        kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
        self.far = [enter(b.Sink(socket.AF_INET, k, (b.EXT, PORT))) for k in kinds]
        self.near = [enter(b.Sink(socket.AF_INET, k, (LOCAL, PORT))) for k in kinds]
        self.near.append(enter(b.Sink(socket.AF_INET6, kinds[0], ("::1", PORT))))
        self.wire = enter(b.Wire())
        self.far.append(enter(b.Sink(socket.AF_INET, kinds[0], (b.EXT, PORT + 1))))
        connected = enter(socket.create_connection((b.EXT, PORT + 1)))
        self.listener = enter(socket.socket(socket.AF_UNIX))
        self.listener.bind(str(self.scratch / "scm"))
        self.listener.listen()
        self.thread = threading.Thread(target=self.pass_on, args=(connected,), daemon=True)
        self.thread.start()
        self.stack.callback(self.thread.join)
        self.stack.callback(self.listener.shutdown, socket.SHUT_RDWR)
        self.idle = self.far.pop()    # serves one connection, and that stays open
        return self

    def pass_on(self, connected):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                with peer:
                    socket.send_fds(peer, [b"x"], [connected.fileno()])

    def __exit__(self, *unused):
        self.stack.close()

    def settle(self):
        """What was sent has arrived by now."""
        self.wire.settle()
        for sink in self.far + self.near:
            family, kind = sink.socket.family, sink.socket.type
            def heard(sink=sink, family=family, kind=kind):
                with socket.socket(family, kind) as s:    # again: a datagram may be dropped
                    s.connect(sink.socket.getsockname())
                    s.sendall(b"<end>")
                return b"<end>" in sink.data
            b.until(heard, "the end at a listener")

    def arrived(self, way):
        """Where did the bytes of this way arrive?"""
        bytes_ = f"EXFIL-{way}.".encode()
        return {"far": any(bytes_ in s.data for s in [*self.far, self.idle]),
                "near": any(bytes_ in s.data for s in self.near),
                "wire": bytes_ in self.wire.data}


@contextlib.contextmanager
def surroundings(box, name):
    scratch = box.dir(name)
    # Ping sockets for everybody, in this network namespace.
    pathlib.Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
    with b.other_cgroup() as other, Listeners(scratch) as listeners:
        yield scratch, {**box.environment(), "LEAVE_TO": str(other)}, listeners


def attempt(box, name, ways, cidr=None):
    """All of these ways under a rule that denies, or, without one, unwatched."""
    with surroundings(box, name) as (scratch, env, listeners):
        command = [SEND, ",".join(ways), b.EXT, str(PORT), scratch]
        done = box.run(*command, env=env, rules=[
            {"id": "far", "on": ["net.connect", "net.send"], "cidr": cidr, "action": "deny"}
        ]) if cidr else box.plain(*command, env=env)
        assert done.rc == 0, done.text
        listeners.settle()
    return {way: (truth, listeners.arrived(way)[place_of(way)], done)
            for way, truth in done.truths.items()}


@pytest.fixture(scope="module")
def plain(box):
    """{way: (what the trigger says, what arrived where)}"""
    return {**attempt(box, "plain", BY_ADDRESS + ["vsock"]),
            **attempt(box, "plain-race", RACES), **attempt(box, "plain-here", OTHER_NAMES)}


@pytest.fixture(scope="module")
def denied(box):
    return {**attempt(box, "denied", BY_ADDRESS, [f"{b.EXT}/32"]),
            **attempt(box, "race", RACES, [f"{b.EXT}/32"]),
            **attempt(box, "here", OTHER_NAMES, ["127.0.0.0/8", "::1/128"])}


def place_of(way):
    """Where a way's bytes are seen: a race's must be told from those that it may send."""
    if way in OTHER_NAMES:
        return "near"
    return "wire" if way.startswith(("raw", "ping", "packet", "udplite", "sctp")) else "far"


@pytest.mark.parametrize("way", OTHER_NAMES + RACES + BY_ADDRESS)
def test_the_way_works_or_cannot(plain, way, guarantee):
    truth, arrived, _ = plain[way]
    if not arrived:
        guarantee.impossible(f"send.{way}", truth)


@pytest.mark.parametrize("way", OTHER_NAMES + RACES + BY_ADDRESS)
def test_nothing_arrives(plain, denied, way, guarantee):
    if not plain[way][1]:
        return    # the kernel refuses
    truth, arrived, done = denied[way]
    alerts = done.records.alerts(process__pid=truth["pid"])
    guarantee(f"send.{way}", alerts, happened=arrived)


def test_vsock(box, plain, guarantee):
    """A rule on the family: there is no address that another rule could name."""
    truth, _, _ = plain["vsock"]
    if truth["errno"]:
        guarantee.impossible("send.vsock", truth)
        return
    done = box.run(SEND, "vsock", b.EXT, str(PORT), box.root, rules=[
        {"id": "vsock", "on": "net.socket", "protocol": ["vsock"], "action": "deny"}])
    truth = done.truths["vsock"]
    guarantee("send.vsock", done.records.alerts("net.socket", process__pid=truth["pid"]),
              happened=truth["got"])
