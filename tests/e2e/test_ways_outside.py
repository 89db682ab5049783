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
from loader import Loader

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


def ask(run, family, address, mark):
    """@run connects and asks. Gives what ran it."""
    where = [address] if isinstance(address, str) else [address[0], str(address[1])]
    with service(family, where[0].replace("@", "\0") if len(where) == 1 else address, mark):
        return run(b.PYTHON, "-c", CONNECT, str(int(family)), *where)


WRITE = "import sys; open(sys.argv[1], 'wb').write(b'make the mark\\n')"
RENAME = """
import os, sys
with open(sys.argv[1] + '.new', 'wb') as f: f.write(b'make the mark\\n')
os.rename(sys.argv[1] + '.new', sys.argv[1])
"""
NAMES = ["file.rename", "file.link", "file.symlink", "file.mknod"]
SPOOLS = {"spool-write": WRITE, "spool-rename": RENAME}


def by_unix(run, where, way):
    path = SOCKETS[way]
    if not path.startswith("@"):
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(path).unlink(missing_ok=True)
    return ask(run, socket.AF_UNIX, path, where / "mark")


def by_server(run, where, way):
    family = socket.AF_INET6 if ":" in SSH[way] else socket.AF_INET
    return ask(run, family, (SSH[way], 22), where / "mark")


def by_spool(run, where, way):
    """What at or cron does with a file that lies in its spool."""
    order = where / "job"
    done = run(b.PYTHON, "-c", SPOOLS[way], order)
    if order.exists() and order.read_bytes() == ORDER:
        (where / "mark").touch()
    order.unlink(missing_ok=True)
    return done


def by_pipe(run, where, way):
    del way
    pipe = where / "pipe"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)

    def serve():
        if pipe.read_bytes() == ORDER:
            (where / "mark").touch()
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    done = run(b.PYTHON, "-c", WRITE, pipe)
    # Who was stopped before the open has left the helper waiting for it.
    with contextlib.suppress(OSError):
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    thread.join(b.PATIENCE)
    return done


WAYS = {**dict.fromkeys(SOCKETS, by_unix), **dict.fromkeys(SSH, by_server),
        **dict.fromkeys(SPOOLS, by_spool), "pipe": by_pipe}


@pytest.fixture(scope="module")
def places(box):
    return {way: box.new(way) for way in WAYS}


@pytest.fixture(scope="module")
def obeyed(box, places):
    """Which helpers obey a loader that nobody watches."""
    found = set()
    for way, by in WAYS.items():
        by(box.plain, places[way], way)
        if (places[way] / "mark").exists():
            (places[way] / "mark").unlink()
            found.add(way)
    return found


@pytest.fixture(scope="module")
def denied(box, places, obeyed):
    """{way: (attempt, whether the helper obeyed)}"""
    orders = [str(places[w] / "job") for w in SPOOLS]
    assert obeyed == set(WAYS)
    with Loader(box, rules=[
            {"id": "helper", "on": "net.connect", "path": list(SOCKETS.values()),
             "action": "deny"},
            {"id": "ssh", "on": "net.connect", "cidr": LOCAL, "port": [22], "action": "deny"},
            {"id": "write", "on": "file.open", "path": orders, "access": ["write"],
             "action": "kill"},
            {"id": "name", "on": NAMES, "path": orders, "action": "kill"},
            {"id": "pipe", "on": "file.open", "path": [str(places["pipe"] / "pipe")],
             "action": "kill"}]) as loader:
        return {way: (by(loader.run, places[way], way), (places[way] / "mark").exists())
                for way, by in WAYS.items()}


@pytest.mark.parametrize("way", WAYS)
def test_a_helper(denied, way, guarantee):
    done, happened = denied[way]
    guarantee(f"outside.{way}", done.records.alerts(process__pid=done.pid), happened)
