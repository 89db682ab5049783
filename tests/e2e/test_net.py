# SPDX-License-Identifier: Apache-2.0
"""net.*: nothing arrives where the policy says no, by whatever call."""

import socket

import pytest

import box as b
from loader import Loader

CONNECT = ["tcp", "mptcp", "nonblocking", "tfo-connect", "tfo-sendto", "thread", "v4mapped-tcp",
           "uring", "uring-async", "udp-connected"]
SEND = ["udp-sendto", "udp-sendmsg", "udp-sendmmsg", "v4mapped-udp"]
RAW = ["raw", "packet"]
IPPROTO_MPTCP = 262
PORT = 4443
EVERYWHERE = {"cidr": ["0.0.0.0/0", "::/0"]}
DENY = [{"id": "egress", "on": ["net.connect", "net.send"], **EVERYWHERE, "action": "deny"},
        {"id": "raw", "on": "net.socket", "protocol": ["raw", "packet"], "action": "deny"}]


def refused(protocol):
    """Does the kernel refuse such a socket to anybody? Gives its errno, or 0."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol).close()
    except OSError as e:
        return e.errno
    return 0


NO_MPTCP = refused(IPPROTO_MPTCP)
REACH = [w for w in CONNECT + SEND if w != "mptcp" or not NO_MPTCP]


def test_every_way_is_here():
    listening = ["bind-listen", "bind-only", "listen-unbound"]
    assert sorted(b.ways("net_ways")) == sorted(CONNECT + SEND + RAW + listening)


def test_mptcp_may_not_be_there(guarantee):
    if NO_MPTCP:
        guarantee.impossible("net.mptcp", {"errno": NO_MPTCP, "got": 0})


class Run:
    """All ways to one address, with listeners and a wire tap that tell what arrived."""

    def __init__(self, loader, ip):
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        ways = [w for w in REACH + RAW if family == socket.AF_INET or w != "raw"]
        with b.Sink(family, socket.SOCK_STREAM, (ip, PORT)) as self.tcp, \
             b.Sink(family, socket.SOCK_DGRAM, (ip, PORT)) as self.udp, b.Wire() as self.wire:
            done = loader.run(b.TRIGGERS / "net_ways", ",".join(ways), ip, str(PORT))
            self.wire.settle()
        assert done.rc == 0, done.text
        self.truths, self.done, self.ip = done.truths, done, ip

    @property
    def records(self):
        return self.done.records


def runs(box, addresses, **policy):
    with Loader(box, **policy) as loader:
        return {ip: Run(loader, ip) for ip in addresses}


DENIED, SEEN = [b.EXT, b.EXT6, "127.0.0.1", "::1"], [b.EXT, b.EXT6]


@pytest.fixture(scope="module")
def all_denied(box):
    return runs(box, DENIED, rules=DENY)


@pytest.fixture(scope="module")
def all_seen(box):
    return runs(box, SEEN, rules=DENY, mode="observe")


@pytest.fixture(scope="module", params=DENIED)
def denied(all_denied, request):
    return all_denied[request.param]


@pytest.fixture(scope="module", params=SEEN)
def seen(all_seen, request):
    return all_seen[request.param]


@pytest.mark.parametrize("way", REACH)
def test_denied_and_nothing_arrives(denied, way, guarantee):
    truth = denied.truths[way]
    assert truth["errno"] == 1 and not truth["got"], truth    # EPERM
    arrived = f"EXFIL-{way}.".encode() in denied.wire.data
    assert not arrived
    alert, = denied.records.alerts(process__pid=truth["pid"])
    guarantee(f"net.{way}", [alert], happened=arrived)
    assert b.get(alert, "event.action") in (truth["event"], "net.connect")
    assert b.get(alert, "rule.id") == "egress"
    assert b.get(alert, "destination.ip") == denied.ip
    assert b.get(alert, "destination.port") == PORT
    assert b.get(alert, "enforcement.outcome") == "denied"
    assert b.get(alert, "enforcement.backend") == "cgroup"


def test_no_listener_was_reached(denied):
    assert denied.tcp.connections == 0
    assert b"EXFIL" not in denied.tcp.data + denied.udp.data + denied.wire.data


@pytest.mark.parametrize("way", RAW)
def test_no_raw_socket(denied, way, guarantee):
    if way not in denied.truths:
        return    # raw is ICMP of IPv4
    truth = denied.truths[way]
    assert truth["ret"] < 0 or (truth["signal"] == 9 and not truth["done"]), truth
    alert, = denied.records.alerts("net.socket", process__pid=truth["pid"])
    guarantee(f"net.{way}", [alert], happened=f"EXFIL-{way}.".encode() in denied.wire.data)
    assert b.get(alert, "rule.id") == "raw"
    assert b.get(alert, "network.transport") == way


@pytest.mark.parametrize("way", REACH)
def test_seen_with_its_address(seen, way):
    truth = seen.truths[way]
    assert truth["got"] == 1, truth
    # MPTCP's payload lies beside options on the wire, but it is there.
    assert f"EXFIL-{way}.".encode() in seen.wire.data
    alerts = seen.records.alerts(process__pid=truth["pid"])
    assert len(alerts) == 1, alerts
    alert = alerts[0]
    assert b.get(alert, "event.action") in (truth["event"], "net.connect")
    assert (b.get(alert, "destination.ip"), b.get(alert, "destination.port")) == (seen.ip, PORT)
    assert b.get(alert, "enforcement.outcome") == "alerted"
    transport = "udp" if "udp" in way else "mptcp" if way == "mptcp" else "tcp"
    assert b.get(alert, "network.transport") == transport
    if way == "v4mapped-tcp" and ":" not in seen.ip:
        assert b.get(alert, "network.v4_mapped") is True


def test_an_allowed_endpoint_is_silent(box):
    rules = [{"id": "endpoint", "on": ["net.connect", "net.send"], "cidr": ["127.0.0.1/32"],
              "port": [PORT], "action": "allow"}, *DENY]
    with b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)) as sink, \
         b.Sink(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", PORT)):
        done = box.run(b.TRIGGERS / "net_ways", ",".join(REACH), "127.0.0.1", str(PORT),
                       rules=rules)
        sink.got(b"EXFIL-tcp.")
    assert all(t["got"] for t in done.truths.values()), done.truths
    assert not done.records.alerts()
    with b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT + 1)) as other:
        done = box.run(b.TRIGGERS / "net_ways", "tcp,v4mapped-tcp", "127.0.0.1", str(PORT + 1),
                       rules=rules)
    assert {t["errno"] for t in done.truths.values()} == {1}
    assert other.connections == 0


def test_except(box):
    rules = [{"id": "out", "on": "net.connect", "cidr": ["0.0.0.0/0"],
              "except": {"cidr": ["127.0.0.0/8"]}, "action": "deny"}]
    with b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.9", PORT)) as sink:
        done = box.run(b.TRIGGERS / "net_ways", "tcp", "127.0.0.9", str(PORT), rules=rules)
        sink.got(b"EXFIL-tcp.")
        assert not done.records.alerts()
    done = box.run(b.TRIGGERS / "net_ways", "tcp", b.EXT, str(PORT), rules=rules)
    assert done.truths["tcp"]["errno"] == 1


def test_protocol_of_a_rule(box):
    rules = [{"id": "udp", "on": "net.*", "protocol": ["udp"], **EVERYWHERE, "action": "deny"}]
    with b.Sink(socket.AF_INET, socket.SOCK_STREAM, (b.EXT, PORT)) as tcp, \
         b.Sink(socket.AF_INET, socket.SOCK_DGRAM, (b.EXT, PORT)) as udp:
        done = box.run(b.TRIGGERS / "net_ways", ",".join(REACH), b.EXT, str(PORT), rules=rules)
        tcp.got(b"EXFIL-tcp.")
    for way, truth in done.truths.items():
        assert bool(truth["got"]) == ("udp" not in way), truth
    assert udp.data == b""


def test_kill_at_connect(box):
    rules = [{"id": "k", "on": "net.connect", **EVERYWHERE, "action": "kill"}]
    with b.Sink(socket.AF_INET, socket.SOCK_STREAM, (b.EXT, PORT)) as sink, b.Wire() as wire:
        done = box.run(b.TRIGGERS / "net_ways", "tcp,tfo-sendto,uring", b.EXT, str(PORT),
                       rules=rules)
        wire.settle()
    for way, truth in done.truths.items():
        # A ring's requests pass no exit of a system call of their own: denied, and that is said.
        killed = truth["signal"] == 9 and not truth["done"]
        assert killed or (way == "uring" and truth["errno"] == 1), truth
        alert, = done.records.alerts(process__pid=truth["pid"])
        assert b.get(alert, "enforcement.outcome") in ("denied", "killed-before-effect")
        assert b.get(alert, "enforcement.strength") == "deny-instead-of-kill" or killed
    assert sink.connections == 0 and b"EXFIL" not in wire.data


DOORS = ["127.0.0.1", "0.0.0.0", "::1", "::"]


@pytest.fixture(scope="module")
def doors(box):
    with Loader(box, rules=[{"id": "door", "on": ["net.bind", "net.listen"], **EVERYWHERE,
                             "port": [PORT], "action": "deny"}]) as loader:
        return {ip: loader.run(b.TRIGGERS / "net_ways", "bind-listen", ip, str(PORT))
                for ip in DOORS}


@pytest.mark.parametrize("ip", DOORS)
def test_back_door(doors, ip, guarantee):
    truth = doors[ip].truths["bind-listen"]
    assert truth["errno"] == 1 and not truth["got"], truth
    alert, = doors[ip].records.alerts(process__pid=truth["pid"])
    guarantee("net.bind-listen", [alert], happened=truth["got"])
    assert b.get(alert, "event.action") == "net.bind"
    assert (b.get(alert, "source.ip"), b.get(alert, "source.port")) == (ip, PORT)
    assert b.get(alert, "enforcement.outcome") == "denied"


def test_listen_without_bind(box, guarantee):
    """The kernel chooses the port at listen(): there is no bind to judge."""
    rules = [{"id": "door", "on": "net.listen", **EVERYWHERE, "action": "kill"}]
    done = box.run(b.TRIGGERS / "net_ways", "listen-unbound", "127.0.0.1", "0", rules=rules)
    truth = done.truths["listen-unbound"]
    assert truth["signal"] == 9 and not truth["done"], truth
    alert, = done.records.alerts("net.listen")
    guarantee("net.listen-unbound", [alert], happened=truth["got"])
    # A security hook is asked before there is a port.
    assert (b.get(alert, "source.port") > 0) == \
        (b.get(alert, "enforcement.backend") not in b.SECURITY)
    # The socket has listened for a moment: no more may be claimed.
    assert b.stopped_as(alert, "killed-after-possible-effect")


def test_failures_are_told(box):
    done = box.run(b.TRIGGERS / "net_ways", "tcp", "127.0.0.1", str(PORT),
                   record=["net.connect"])
    assert done.truths["tcp"]["errno"] == 111
    record, = done.records.find("net.connect")
    assert b.get(record, "error.code") == "ECONNREFUSED"
    assert b.get(record, "event.kind") == "event"
