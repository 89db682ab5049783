# SPDX-License-Identifier: Apache-2.0
"""Ways to the bytes of a forbidden file. Each has a file and a rule of its own."""

import contextlib
import os
import socket
import threading

import pytest

import box as b
from loader import Loader

READ = str(b.TRIGGERS / "read_ways")
WAYS = b.ways("read_ways")


def pass_on(listener, fd):
    """A stranger who gives its descriptor to whoever asks."""
    with contextlib.suppress(OSError):
        while True:
            peer, _ = listener.accept()
            with peer:
                socket.send_fds(peer, [b"x"], [fd])


@contextlib.contextmanager
def secrets_of(box, name, stranger_way):
    """A secret for each way. Gives their directory and the stranger's descriptor."""
    base = box.dir(name)
    for way in WAYS:
        box.write(base / way / "object" / "file", f"SECRET {box.token}\n")
        box.write(base / way / "object" / "twin", "nothing\n")
        for harmless in ("allowed", "twin"):
            box.write(base / way / "scratch" / harmless, "nothing\n")
    fd = os.open(base / stranger_way / "object" / "file", os.O_RDONLY)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(base / "scm-stranger" / "scratch" / "scm"))
    listener.listen()
    thread = threading.Thread(target=pass_on, args=(listener, fd), daemon=True)
    thread.start()
    try:
        yield base, fd
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()
        os.close(fd)


def attempt(box, name, way, rules=None, **k):
    with secrets_of(box, name, way) as (base, fd):
        rules = rules or [{"id": "secret", "on": "file.open", "action": "kill",
                           "path": [f"{base}/{w}/object/file" for w in WAYS]}]
        done = box.run(READ, way, base, str(os.getpid()), str(fd), rules=rules, **k)
    assert done.rc == 0, done.text
    return done.truths[way], done.records


# With the descriptor of a stranger nothing is opened.
OWN = ("scm-stranger", "fd-of-stranger", "pidfd-getfd")
TOGETHER = [w for w in WAYS if w not in OWN]


def all_together(box, name, ways, mode):
    with secrets_of(box, name, OWN[0]) as (base, fd):
        done = box.run(READ, ",".join(ways), base, str(os.getpid()), str(fd), mode=mode, rules=[
            {"id": "secret", "on": "file.open", "action": "kill",
             "path": [f"{base}/{w}/object/file" for w in WAYS]}])
    assert done.rc == 0, done.text
    return done


@pytest.fixture(scope="module")
def killed(box):
    return all_together(box, "killed", WAYS, "enforce")


@pytest.fixture(scope="module")
def seen(box):
    return all_together(box, "seen", TOGETHER, "observe")


@pytest.mark.parametrize("way", TOGETHER)
def test_the_bytes_do_not_arrive(killed, way, guarantee):
    truth = killed.truths[way]
    alerts = killed.records.alerts("file.open", process__pid=truth["pid"])
    guarantee(f"read.{way}", alerts, happened=truth["got"])


@pytest.mark.parametrize("way", TOGETHER)
def test_the_way_works(seen, way):
    """Nothing is stopped here: else what the other test measures would not be the monitor's."""
    truth = seen.truths[way]
    assert truth["got"], truth
    alerts = seen.records.alerts("file.open", process__pid=truth["pid"])
    assert {b.get(a, "enforcement.outcome") for a in alerts} == {"alerted"}


@pytest.mark.parametrize("way", OWN)
def test_a_descriptor_of_a_stranger(killed, way, guarantee):
    truth = killed.truths[way]
    alerts = killed.records.alerts(process__pid=truth["pid"])
    guarantee(f"read.{way}", alerts, happened=truth["got"])


def test_an_inherited_descriptor(box, guarantee):
    secret = box.write("inherited/file", "SECRET\n")
    with open(secret, "rb") as f:
        done = box.finish(*box.start("/bin/cat", stdin=f, rules=[
            {"id": "secret", "on": "file.open", "path": [str(secret)], "action": "kill"}]))
    guarantee("read.inherited", done.records.alerts(), happened=b"SECRET" in done.out)


MADE_LATER = {
    "later": ("true", "{base}/made/key"),
    "later-hardlink": ("ln {base}/made/key {base}/link", "{base}/link"),
    "later-rename": ("mv {base}/made/key {base}/moved", "{base}/moved"),
    "later-directory-rename": ("mv {base}/made {base}/other", "{base}/other/key"),
}


def made_later(box, way, base):
    """Makes the file, as a stranger. Gives the command by which a loader that was there before goes
    for it."""
    box.write(base / "made" / "key", "SECRET\n")
    how, name = (text.format(base=base) for text in MADE_LATER[way])
    return "/bin/sh", "-c", f"{how}; exec cat {name}"


# At a place that only a glob tells, or below a directory that the rule names.
ROWS = {"": "{base}/m*/key", "-below": "{base}/made/**"}


@pytest.fixture(scope="module")
def later(box):
    bases = {(way, row): box.new("later") for way in MADE_LATER for row in ROWS}
    for base in bases.values():
        box.dir(base / "made")
    with Loader(box, rules=[{"id": "key", "on": "file.open", "action": "kill",
                             "path": [ROWS[row].format(base=base)
                                      for (_, row), base in bases.items()]}]) as loader:
        return {case: loader.run(*made_later(box, case[0], base))
                for case, base in bases.items()}


@pytest.mark.parametrize("way", MADE_LATER)
@pytest.mark.parametrize("row", ROWS)
def test_a_file_that_a_stranger_makes_later(later, way, row, guarantee):
    done = later[way, row]
    alerts = done.records.alerts("file.open", process__pid=done.pid)
    guarantee(f"read.{way}{row}", alerts, happened=b"SECRET" in done.out)
