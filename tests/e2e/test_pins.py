# SPDX-License-Identifier: Apache-2.0
"""The directory of pins: what is not ours, not whole or not safe is refused, and what is in force
stays so; a loader that touches it breaks a rule."""

import contextlib
import json
import os
import pathlib

import pytest

import box as b
import bpf
from loader import Shared
from pins import (ABI_OFFSET, LAYOUT_OFFSET, STATE_SIZE_OFFSET, WAYS, Node, left_behind, patch,
                  refused)


@pytest.mark.parametrize("offset,data", [
    (ABI_OFFSET, b"\xe7\x03\0\0"), (LAYOUT_OFFSET, b"\x55\xaa\x55\xaa"),
    (STATE_SIZE_OFFSET, b"\x10\0\0\0"), (0, b"12345678")],
    ids=["abi", "layout", "size", "magic"])
def test_another_version_is_refused(box, offset, data):
    with left_behind(box, "version") as node:
        patch(node, offset, data)
        text = refused(node)
        assert ("ABI" in text or "damaged" in text) and "unload" in text
        assert node.pinned()["state"] == "other"
    assert not node.pins.exists()


def test_a_map_that_is_none_of_ours(box):
    with left_behind(box, "map") as node:
        (node.pins / "map-lw_tags").unlink()
        bpf.pin_new(node.pins / "map-lw_tags")
        assert "map-lw_tags is not the map" in refused(node)


def test_a_state_that_is_none_of_ours(box):
    with left_behind(box, "state") as node:
        (node.pins / "state").unlink()
        bpf.pin_new(node.pins / "state")
        assert "damaged" in refused(node)
        (node.pins / "state").unlink()
        assert "damaged" in refused(node)


def test_foreign_pins(box):
    with left_behind(box, "foreign") as node:
        bpf.pin_new(node.pins / "mine")
        assert "not pinned" in refused(node)
        done = node.unload()
        assert done.rc == 1 and (node.pins / "mine").exists() and (node.pins / "state").exists()
        (node.pins / "mine").unlink()


def test_a_link_set_that_is_a_file(box):
    with left_behind(box, "sets") as node:
        bpf.pin_new(node.pins / "links-1")
        assert "not pinned" in refused(node)
        (node.pins / "links-1").unlink()


def test_a_start_that_was_not_finished(box):
    """What it has pinned is removed; so is a set of links that is not in force."""
    with Node(box, "half") as node:
        first = node.daemon()
        first.kill()
        patch(node, 0, bytes(8))
        assert node.pinned()["state"] == "unfinished"
        with node.daemon() as daemon:
            assert "not finished" in daemon.text
            keeper = node.loader("")
            daemon.all_hooks()
            daemon.kill()
        (node.pins / "links-1").mkdir(mode=0o700)
        bpf.pin_new(node.pins / "links-1" / "0-lw_fork")
        with node.daemon():
            assert len(list(node.pins.glob("links-*"))) == 1
            assert node.secret_is_stopped()
            node.go(keeper)


def test_killed_again_and_again(box):
    """Daemons that are killed at any moment of their start: the last one takes everything over, and
    there is no moment in which the loader gets through."""
    with Node(box, "again") as node:
        first = node.daemon()
        process = node.loader(WAYS["open"].format(secret=str(node.secret)))
        first.all_hooks()
        first.kill()
        for links in (1, 5, 10, 20, 30):
            daemon = box.daemon(node.policy, log=node.log, pins=node.pins)
            sets = set(node.pins.glob("links-*"))
            b.until(lambda: any(len(list(x.iterdir())) >= links for x in node.pins.glob("links-*")
                                if x not in sets) or daemon.process.poll() is not None,
                    "links of the next daemon")
            daemon.kill()
            assert node.secret_is_stopped()
        with node.daemon() as last:
            assert len(list(node.pins.glob("links-*"))) == 1
            assert process.pid in [x["root_pid"] for x in last.status()["loaders"]]
            assert node.go(process).rc == -9


def test_one_daemon_a_directory(box):
    with Node(box, "two") as node, node.daemon() as daemon:
        assert "lives" in refused(node)
        assert daemon.status()["pid"] == daemon.process.pid
        process = node.loader(WAYS["open"].format(secret=str(node.secret)))
        daemon.all_hooks()
        assert node.go(process).rc == -9


def of_nobody(path):
    path.mkdir()
    os.chown(path, 65534, 65534)


def open_to_others(path):
    path.mkdir()
    path.chmod(0o755)


def symlink(path):
    path.with_name("target").mkdir(mode=0o700, exist_ok=True)
    path.symlink_to(path.with_name("target"))


DIRECTORIES = {"of another user": (of_nobody, "uid 65534"),
               "open to others": (open_to_others, "open to others"),
               "a symlink": (symlink, "symlink"),
               "a pinned map": (bpf.pin_new, "not a directory")}


@pytest.mark.parametrize("kind", DIRECTORIES)
def test_a_hostile_directory(box, kind):
    make, words = DIRECTORIES[kind]
    node = Node(box, "hostile")
    make(node.pins)
    assert words in refused(node)
    done = node.unload()
    assert done.rc == 1 and words in done.text
    assert node.pinned()["state"] == "unusable"


def test_no_bpffs(box):
    node = Node(box, "nowhere")
    node.pins = box.root / "pins"
    assert "bpffs" in refused(node) and "--no-pin" in refused(node)
    assert not node.pins.exists()
    node.pins = pathlib.Path("/sys/fs/bpf/no/such")
    assert "No such file" in refused(node)
    node.pins = pathlib.Path("pins")
    assert "whole path" in refused(node)


TOUCH = {
    "list": "os.listdir({pins!r})",
    "unlink": "os.unlink({pins!r} + '/state')",
    "rename": "os.rename({pins!r}, {pins!r} + '-')",
    "get": """
import ctypes, struct
name = ctypes.create_string_buffer(({pins!r} + '/state').encode())
attr = ctypes.create_string_buffer(struct.pack('=QII', ctypes.addressof(name), 0, 0), 128)
if ctypes.CDLL(None).syscall(321, 7, attr, 128) < 0: sys.exit(1)""",
    "umount": "import ctypes\nif ctypes.CDLL(None).umount2(b'/sys/fs/bpf', 0): sys.exit(1)",
}
ALLOWED = [{"id": "all", "on": ["file.open", "file.unlink", "file.rename", "mount.detach",
                                "mount.attach"], "path": ["/**"], "action": "allow"},
           {"id": "bpf", "on": "kernel.bpf", "action": "allow"}]


@contextlib.contextmanager
def allowing(box):
    """A daemon whose policy allows all of it."""
    with Node(box, "touch", rules=ALLOWED) as node, node.daemon() as node.running:
        yield node


@pytest.fixture(scope="module")
def shared(box):
    one = Shared(lambda: allowing(box))
    yield one
    one.spoil()


@pytest.mark.parametrize("way", TOUCH)
def test_a_loader_touches_the_pins(shared, guarantee, way):
    node = shared.get()
    before = {x.name for x in node.pins.iterdir()}
    process = node.loader(TOUCH[way].format(pins=str(node.pins)) + "\nprint('did', flush=True)")
    node.running.all_hooks()
    done = node.go(process)
    moved = pathlib.Path(f"{node.pins}-")
    happened = b"did" in done.out or moved.exists() or \
        not before <= {x.name for x in node.pins.iterdir()}
    if moved.exists():
        moved.rename(node.pins)
    node.running.wait_for("loader.end", process__pid=process.pid)
    alerts = node.running.records.alerts(process__pid=process.pid)
    if happened:
        shared.spoil()
    assert done.rc == -9 and b.get(alerts[0], "rule.id") == "self:pins"
    guarantee(f"self.pins-{way}", alerts, happened=happened)


def test_what_is_removed_is_pinned_again(box):
    with Node(box, "mend") as node, node.daemon() as daemon:
        keeper = node.loader("")
        daemon.all_hooks()
        before = {x.relative_to(node.pins) for x in node.pins.rglob("*")}
        for path in node.pins.rglob("*"):
            if path.is_file():
                path.unlink()
        for path in node.pins.iterdir():
            path.rmdir()
        b.until(lambda: {x.relative_to(node.pins) for x in node.pins.rglob("*")} == before,
                "the pins")
        daemon.wait_for("monitor.pins", monitor__state="repaired")
        daemon.kill()
        assert node.secret_is_stopped()
        with node.daemon() as second:
            assert [x["root_pid"] for x in second.status()["loaders"]] == [keeper.pid]
            node.go(keeper)


def test_a_directory_that_is_moved(box):
    with Node(box, "moved") as node, node.daemon() as daemon:
        moved = node.pins.rename(f"{node.pins}-away")
        daemon.wait_for("monitor.pins", monitor__state="lost")
        moved.rename(node.pins)


def test_doctor_shows_pins(box):
    done = box.plain(b.LOADWARD, "doctor", "--json")
    assert json.loads(done.out)["pins"]["state"] == "none"
