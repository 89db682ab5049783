# SPDX-License-Identifier: Apache-2.0
"""A name server for tests, on UDP and TCP, and messages made by hand."""

import contextlib
import ipaddress
import socket
import struct
import threading

A, CNAME, TXT, AAAA = 1, 5, 16, 28


def wire(name):
    labels = [part for part in name.encode().split(b".") if part]
    return b"".join(bytes([len(part)]) + part for part in labels) + b"\0"


def query(name, kind=A, number=7, flags=0x100):
    """A question; a name as bytes is taken as it is."""
    name = name if isinstance(name, bytes) else wire(name)
    return struct.pack(">6H", number, flags, 1, 0, 0, 0) + name + struct.pack(">HH", kind, 1)


def record(data, name=b"\xc0\x0c", ttl=60):
    """A record of an answer: an address, or an alias as ("cname", NAME)."""
    if isinstance(data, tuple):
        kind, data = CNAME, wire(data[1])
    else:
        data = ipaddress.ip_address(data).packed
        kind = A if len(data) == 4 else AAAA
    return name + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def answer(question, records, flags=0x8180):
    """The answer to a question that was received."""
    number, = struct.unpack(">H", question[:2])
    end = question.index(b"\0", 12) + 5
    return struct.pack(">6H", number, flags, 1, len(records), 0, 0) + question[12:end] + \
        b"".join(records)


def asked(message):
    """Name and type of a question."""
    at, labels = 12, []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]])
        at += 1 + message[at]
    return b".".join(labels).decode("latin-1"), struct.unpack(">H", message[at + 1:at + 3])[0]


class Server:
    """Answers from a table {name: [address or ("cname", name) ...]}, or by a function of the
    message that gives bytes, a list of such to be sent one by one, or None. Keeps what it was
    asked."""

    def __init__(self, table, address="127.0.0.1", port=53):
        self.table, self.address, self.closed = table, address, False
        self.seen = []    # (transport, name, type)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.tcp = socket.socket(family, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for s in (self.udp, self.tcp):
            s.settimeout(0.1)
            s.bind((address, port))
        self.tcp.listen(16)
        self.threads = [threading.Thread(target=f, daemon=True) for f in (self.datagrams,
                                                                          self.streams)]

    def reply(self, transport, message):
        name, kind = asked(message)
        self.seen.append((transport, name, kind))
        if callable(self.table):
            return self.table(message)
        data = self.table.get(name.lower())
        if data is None:
            return answer(message, [], 0x8183)    # NXDOMAIN
        version = {A: 4, AAAA: 6}.get(kind)
        return answer(message, [record(d) for d in data if isinstance(d, tuple) or
                                ipaddress.ip_address(d).version == version])

    def names(self, transport=None):
        return [name for how, name, _ in self.seen if transport in (None, how)]

    def datagrams(self):
        while not self.closed:
            try:
                message, peer = self.udp.recvfrom(65536)
            except TimeoutError:
                continue
            out = self.reply("udp", message)
            for part in out if isinstance(out, list) else [out]:
                if part is not None:
                    self.udp.sendto(part, peer)

    def streams(self):
        while not self.closed:
            try:
                peer, _ = self.tcp.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self.stream, args=[peer], daemon=True).start()

    def stream(self, peer):
        peer.settimeout(60)    # a loader that starts under emulation needs some of it
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with peer, contextlib.suppress(OSError), peer.makefile("rb") as f:
            while len(size := f.read(2)) == 2:
                out = self.reply("tcp", f.read(struct.unpack(">H", size)[0]))
                for part in out if isinstance(out, list) else [out]:
                    if isinstance(out, list):
                        peer.sendall(part)    # as it is, the length too
                    elif part is not None:
                        peer.sendall(struct.pack(">H", len(part)) + part)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        self.closed = True
        for thread in self.threads:
            thread.join()
        self.udp.close()
        self.tcp.close()
