# SPDX-License-Identifier: Apache-2.0
"""namespace.root, mount.*: other trees of files."""

import pytest

import box as b
from attempts import Attempts, is_killed

KINDS = ["namespace.root", "mount.attach", "mount.detach"]
WAYS = b.ways("mount_ways")
MOVE_MOUNT = ["move-mount", "move-mount-fd"]
LINGER = ["path-mount-symlink", "path-chroot-symlink"]
FORBIDDEN = [w for w in WAYS if w not in MOVE_MOUNT + LINGER]
# What others see, or have.
AFTER = [w for w in WAYS if w.startswith(("mount", "umount"))] + [
    "pivot-root", "fsopen", "chroot-shared", "open-tree-shared"]
OPERATIONS = {
    "chroot": ["chroot"], "chroot-shared": ["chroot"], "pivot-root": ["pivot"],
    "mount": ["mount"], "mount-32": ["mount"], "mount-cold": ["mount"], "mount-bind": ["bind"],
    "mount-magic": ["bind"], "mount-remount": ["remount"], "mount-private": ["propagation"],
    "mount-move": ["move"], "mount-device": ["mount"], "open-tree": ["open-tree"],
    "open-tree-plain": ["open-tree"], "open-tree-attr": ["open-tree"], "fsopen": ["fsopen"],
    "fspick": ["fspick"], "fsmount": ["fsmount"], "mount-setattr": ["setattr"]}


def place(box, name):
    """The directory that the ways work in."""
    path = box.new(name)
    (path / "lib").touch()
    (path / "new").mkdir()
    (path / "link").symlink_to("new")
    return path


class Trees(Attempts):
    """All kinds, each mode in a directory of its own."""

    def __init__(self, box, action):
        self.dir = place(box, action)
        self.new = str(self.dir / "new")
        super().__init__(box, "mount_ways", KINDS, action, self.dir)


@pytest.fixture(scope="module")
def seen(box):
    return Trees(box, "alert")


@pytest.fixture(scope="module")
def stopped(box):
    return Trees(box, "kill")


@pytest.mark.parametrize("way", FORBIDDEN)
def test_seen(seen, way):
    alert = seen.alert(way)
    assert seen.truths[way]["done"]
    assert b.get(alert, "rule.id") == seen.truths[way]["event"]
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert b.get(alert, "call.compat") is (True if way.endswith("-32") else None)
    if way in OPERATIONS:
        assert b.get(alert, "call.operation") == OPERATIONS[way]


@pytest.mark.parametrize("way", FORBIDDEN)
def test_stopped(stopped, way, guarantee):
    truth, alert = stopped.truths[way], stopped.alert(way)
    assert truth["signal"] == 9 or way.endswith("-shared"), truth
    assert not truth["done"], truth
    guarantee(f"mount.{way}", [alert], happened=truth["got"])
    assert b.stopped_as(alert, "killed-after-possible-effect" if way in AFTER else
                        "killed-before-effect")


def test_what_is_named(seen):
    def names(way):
        file = seen.alert(way).get("file", {})
        return file.get("path"), file.get("target_path")
    top, new = str(seen.dir), seen.new
    assert names("chroot") == names("chroot-relative") == names("chroot-shared") == (top, None)
    assert names("chroot-fd") == (new, None)
    assert names("pivot-root") == (new, new)
    assert names("mount") == names("mount-private") == names("mount-remount") == (None, new)
    assert names("mount-bind") == names("mount-magic") == (top, new)
    assert names("mount-move") == (f"{top}/lib", new)
    assert names("mount-device") == ("/dev/null", new)
    assert b.get(seen.alert("mount"), "file.path_raw") == "none"
    assert b.get(seen.alert("fsopen"), "file.path_raw") == "tmpfs"
    for way in ("open-tree", "open-tree-plain", "open-tree-empty", "open-tree-attr", "fspick",
                "mount-setattr", "umount", "umount-lazy"):
        assert names(way) == (new, None), way
    # Nobody may touch that page but the kernel: the name is not known, and that is said.
    assert names("mount-cold") == (None, None)
    assert "file.path: the object could not be resolved" in b.get(seen.alert("mount-cold"),
                                                                  "event.reason_missing")


@pytest.mark.parametrize("way", MOVE_MOUNT)
def test_a_tree_is_put_somewhere(box, way, guarantee):
    views = place(box, "move")
    done = box.run(b.TRIGGERS / "mount_ways", way, views, rules=[
        {"id": "tree", "on": "mount.attach", "operation": "open-tree", "action": "allow"},
        {"id": "place", "on": "mount.attach", "path": [f"{views}/new"], "action": "kill"}])
    truth = done.truths[way]
    assert is_killed(truth), truth
    alert, = done.records.alerts()
    assert b.get(alert, "rule.id") == "place" and b.get(alert, "rule.matched_by") == "target"
    assert b.get(alert, "file.target_path") == f"{views}/new"
    guarantee(f"mount.{way}", [alert], happened=truth["got"])


def run_on_paths(box, which, rules):
    """Rules whose paths are below the directory that the ways work in."""
    views = place(box, "paths")
    rules = [{**rule, "path": [str(views / rule["path"])]} for rule in rules]
    done = box.run(b.TRIGGERS / "mount_ways", which, views, rules=rules)
    assert done.rc == 0, done.text
    return done


def test_a_mount_point(box):
    ways = ["mount", "mount-bind", "mount-32", "mount-private", "open-tree", "open-tree-empty"]
    done = run_on_paths(box, ",".join(ways), [
        {"id": "m", "on": "mount.attach", "path": "new", "action": "kill"}])
    for way in ways:
        assert is_killed(done.truths[way]), way
    assert len(done.records.alerts("mount.attach", rule__id="m")) == len(ways)


def test_what_is_mounted(box):
    done = run_on_paths(box, "mount-bind,mount-move,mount", [
        {"id": "m", "on": "mount.attach", "path": "lib", "action": "kill"}])
    assert is_killed(done.truths["mount-move"])
    assert done.truths["mount"]["done"] and done.truths["mount-bind"]["done"]
    alert, = done.records.alerts()
    assert b.get(alert, "rule.matched_by") is None


def test_another_place(box):
    done = run_on_paths(box, "mount,mount-bind,umount,chroot,open-tree", [
        {"id": "m", "on": ["mount.attach", "mount.detach", "namespace.root"], "path": "other",
         "action": "kill"}])
    assert all(t["done"] for t in done.truths.values())
    assert not done.records.alerts()


@pytest.mark.parametrize("way", LINGER)
def test_through_a_symlink(box, way, guarantee):
    """The text says `link`: user space finds out where that leads, a moment later."""
    kind = "mount.attach" if "mount" in way else "namespace.root"
    done = run_on_paths(box, way, [
        {"id": "m", "on": kind, "path": "new", "action": "kill"}])
    assert done.truths[way]["signal"] == 9
    alert, = done.records.alerts(kind)
    assert b.get(alert, "enforcement.backend") == "user"
    name = "target_path" if "mount" in way else "path"
    assert b.get(alert, f"file.{name}").endswith("/new")
    guarantee(f"mount.{way}", [alert], happened=done.truths[way]["done"])


def test_an_unreadable_name(box, guarantee):
    """A rule on a path cannot hold for it; that there was something is told."""
    done = run_on_paths(box, "mount-cold", [
        {"id": "m", "on": "mount.attach", "path": "new", "action": "kill"}])
    assert done.truths["mount-cold"]["got"] == 1
    alert, = done.records.alerts("mount.attach")
    assert b.get(alert, "rule.id") == "unresolved"
    guarantee("mount.path-mount-cold", [alert], happened=True)


def test_a_root(box):
    done = run_on_paths(box, "chroot-fd,chroot,pivot-root", [
        {"id": "m", "on": "namespace.root", "path": "new", "action": "kill"}])
    assert is_killed(done.truths["chroot-fd"]) and is_killed(done.truths["pivot-root"])
    assert done.truths["chroot"]["done"]
