# SPDX-License-Identifier: Apache-2.0
"""A helper outside the tree does what it is asked to: the loader must not reach it. Each helper is
a stranger that makes a mark when it gets the word."""

import contextlib
import os
import pathlib
import socket
import threading

import pytest

import box as b

ORDER = b"make the mark\n"
CONNECT = """
import socket, sys
s = socket.socket(int(sys.argv[1]), socket.SOCK_STREAM)
to = sys.argv[2].replace("@", "\\0") if len(sys.argv) < 4 else (sys.argv[2], int(sys.argv[3]))
s.connect(to); s.sendall(b"make the mark\\n"); s.recv(1)
"""
SOCKETS = {"docker": "/run/docker.sock", "containerd": "/run/containerd/containerd.sock",
           "systemd": "/run/systemd/private", "dbus": "/run/dbus/system_bus_socket",
           "abstract": "@/org/freedesktop/helper"}
SSH = {"ssh": "127.0.0.1", "ssh6": "::1", "ssh-any": "0.0.0.0", "ssh-mapped": "::ffff:127.0.0.1"}
LOCAL = ["127.0.0.0/8", "::1/128"]


@contextlib.contextmanager
def service(family, address, mark):
    """Obeys whoever connects, and answers when it has."""
    with socket.socket(family) as listener:
        if family != socket.AF_UNIX:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = listener.accept()
                    with peer, contextlib.suppress(ConnectionError):
                        if peer.makefile("rb").readline() == ORDER:
                            mark.touch()
                            peer.sendall(b"y")
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def ask(box, family, address, mark, rules):
    """The loader asks, watched or, without rules, not."""
    where = [address] if isinstance(address, str) else [address[0], str(address[1])]
    with service(family, where[0].replace("@", "\0") if len(where) == 1 else address, mark):
        command = [b.PYTHON, "-c", CONNECT, str(int(family)), *where]
        return box.run(*command, rules=rules) if rules else box.plain(*command)


@pytest.mark.parametrize("way", SOCKETS)
def test_a_unix_service(box, way, guarantee):
    path, mark = SOCKETS[way], box.new(way) / "mark"
    if not path.startswith("@"):
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    ask(box, socket.AF_UNIX, path, mark, None)
    assert mark.exists()    # the helper obeys
    mark.unlink()
    if not path.startswith("@"):
        os.unlink(path)
    done = ask(box, socket.AF_UNIX, path, mark, [
        {"id": "helper", "on": "net.connect", "path": [path], "action": "deny"}])
    guarantee(f"outside.{way}", done.records.alerts("net.connect"), happened=mark.exists())


@pytest.mark.parametrize("way", SSH)
def test_a_local_server(box, way, guarantee):
    ip, mark = SSH[way], box.new(way) / "mark"
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    ask(box, family, (ip, 22), mark, None)
    assert mark.exists()
    mark.unlink()
    done = ask(box, family, (ip, 22), mark, [
        {"id": "ssh", "on": "net.connect", "cidr": LOCAL, "port": [22], "action": "deny"}])
    guarantee(f"outside.{way}", done.records.alerts("net.connect"), happened=mark.exists())


WRITE = "import sys; open(sys.argv[1], 'wb').write(b'make the mark\\n')"
RENAME = """
import os, sys
with open(sys.argv[1] + '.new', 'wb') as f: f.write(b'make the mark\\n')
os.rename(sys.argv[1] + '.new', sys.argv[1])
"""
NAMES = ["file.rename", "file.link", "file.symlink", "file.mknod"]


def obey(order, mark):
    """What at or cron does with a file that lies in its spool."""
    if order.exists() and order.read_bytes() == ORDER:
        mark.touch()
    order.unlink(missing_ok=True)


@pytest.mark.parametrize("way,code", [("spool-write", WRITE), ("spool-rename", RENAME)])
def test_a_spool(box, way, code, guarantee):
    where = box.new(way)
    order, mark = where / "job", where / "mark"
    box.plain(b.PYTHON, "-c", code, order)
    obey(order, mark)
    assert mark.exists()
    mark.unlink()
    done = box.run(b.PYTHON, "-c", code, order, rules=[
        {"id": "write", "on": "file.open", "path": [str(order)], "access": ["write"],
         "action": "kill"},
        {"id": "name", "on": NAMES, "path": [str(order)], "action": "kill"}])
    obey(order, mark)
    guarantee(f"outside.{way}", done.records.alerts(), happened=mark.exists())


def test_a_pipe(box, guarantee):
    where = box.new("pipe")
    pipe, mark = where / "pipe", where / "mark"
    os.mkfifo(pipe)

    def serve():
        if pipe.read_bytes() == ORDER:
            mark.touch()
    for rules in (None, [{"id": "pipe", "on": "file.open", "path": [str(pipe)],
                          "action": "kill"}]):
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        done = box.run(b.PYTHON, "-c", WRITE, pipe, rules=rules) if rules else \
            box.plain(b.PYTHON, "-c", WRITE, pipe)
        thread.join(b.PATIENCE)
        if not rules:
            assert mark.exists()
            mark.unlink()
    guarantee("outside.pipe", done.records.alerts(), happened=mark.exists())
