# SPDX-License-Identifier: Apache-2.0
"""file.unlink, rename, link, symlink, mknod, truncate, chmod, chown, setxattr: every call."""

import errno
import os

import pytest

import box as b

KINDS = ["file.unlink", "file.rename", "file.link", "file.symlink", "file.mknod", "file.truncate",
         "file.chmod", "file.chown", "file.setxattr"]
WAYS = b.ways("change_ways")
DIRECTORIES = ("rmdir", "unlinkat-dir")
OPERATIONS = {"unlink": ["file"], "rmdir": ["directory"], "unlinkat-dir": ["directory"],
              "exchange": ["exchange"], "rename": ["move"], "mknod": ["pipe"], "mknodat": ["file"],
              "chmod": ["executable", "setuid"], "setxattr": ["set"], "removexattrat": ["remove"],
              "fchmod": ["executable", "world-writable"]}


def state(way, *places):
    """All that the calls can change of the way's files."""
    found = {}
    for place in places:
        for suffix in "", ".new", ".away":
            path = place / f"{way}{suffix}"
            if not os.path.lexists(path):
                continue
            s = path.lstat()
            known = [] if path.is_symlink() or path.is_fifo() else os.listxattr(path)
            found[path] = (s.st_ino, s.st_mode, s.st_uid, s.st_nlink, s.st_size, s.st_blocks,
                           sorted(known))
    return found


def attempt(box, name, mode):
    """All ways at once: each is a process of its own, on files of its own."""
    where, scratch = box.dir(f"{name}/forbidden"), box.dir(f"{name}/scratch")
    for way in WAYS:
        for place in where, scratch:
            if way in DIRECTORIES:
                (place / way).mkdir()
            else:
                (place / way).write_text("before")
                os.setxattr(place / way, "user.lw.there", b"x")
    before = {way: state(way, where, scratch) for way in WAYS}
    rule = {"id": "kept", "on": KINDS, "path": [f"{where}/**"], "action": "kill"}
    done = box.run(b.TRIGGERS / "change_ways", "all", where, scratch, rules=[rule], mode=mode)
    assert done.rc == 0, done.text
    happened = {way: before[way] != state(way, where, scratch) for way in WAYS}
    return done.truths, done.records, where, happened


@pytest.fixture(scope="module")
def killed(box):
    return attempt(box, "killed", "enforce")


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "seen", "observe")


def names_of(record, where):
    """Which of the record's names lie in the forbidden directory."""
    inside = [k for k in ("path", "target_path")
              if (b.get(record, f"file.{k}") or "").startswith(f"{where}/")]
    return {(): None, ("path",): "path", ("target_path",): "target",
            ("path", "target_path"): "both"}[tuple(inside)]


@pytest.mark.parametrize("way", WAYS)
def test_killed_when_the_call_begins(killed, way, guarantee):
    truths, records, where, happened = killed
    truth = truths[way]
    if truth["errno"] == errno.ENOSYS:
        pytest.skip("cannot: this kernel has no such call")
    assert truth["signal"] == 9 and not truth["done"], truth
    alert, = records.alerts(truth["event"], process__pid=truth["pid"])
    assert b.get(alert, "rule.id") == "kept"
    # The signal does not undo the call.
    assert b.stopped_as(alert, "killed-after-possible-effect")
    assert b.get(alert, "enforcement.backend") in ("tracepoint", *b.SECURITY)
    assert b.get(alert, "event.outcome") == (
        "unknown" if b.get(alert, "enforcement.backend") == "tracepoint" else "failure")
    assert names_of(alert, where) == truth["note"]
    assert b.get(alert, "rule.matched_by") == ("target" if truth["note"] == "target" else None)
    guarantee(f"change.{way}", [alert], happened[way])


@pytest.mark.parametrize("way", WAYS)
def test_seen_with_its_names(seen, way):
    truths, records, where, happened = seen
    truth = truths[way]
    if truth["errno"] == errno.ENOSYS:
        pytest.skip("cannot: this kernel has no such call")
    assert truth["done"] and truth["errno"] == 0 and happened[way], truth
    alert, = records.alerts(truth["event"], process__pid=truth["pid"])
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert b.get(alert, "file.path_raw") == (truth["raw"] or None)
    assert names_of(alert, where) == truth["note"]
    name = f"{way}.new" if "symlink" in way or "mknod" in way else way
    assert name in (os.path.basename(b.get(alert, f"file.{k}") or "")
                    for k in ("path", "target_path"))
    # A link has a second name even where the first is a descriptor.
    by_descriptor = not truth["raw"] or truth["raw"].startswith("/proc/self/fd/")
    only_object = by_descriptor and truth["event"] != "file.link"
    # A security hook has the objects themselves, most of them.
    assert b.get(alert, "file.path_unverified") == (None if only_object else True) or \
        b.get(alert, "enforcement.backend") in b.SECURITY
    assert b.get(alert, "call.compat") == (True if way.endswith("-32") else None)
    if way in OPERATIONS:
        assert b.get(alert, "call.operation") == OPERATIONS[way]


def test_what_a_symlink_leads_to_is_recorded_as_written(seen):
    truths, records, where, _ = seen
    alert, = records.alerts("file.symlink", process__pid=truths["symlink"]["pid"])
    assert b.get(alert, "file.target_path") == "/etc/passwd"
    assert b.get(alert, "file.path") == f"{where}/symlink.new"


@pytest.mark.parametrize("mode", ["killed", "seen"])
def test_nothing_else_is_reported(request, mode):
    truths, records, _, _ = request.getfixturevalue(mode)
    pids = {t["pid"] for t in truths.values()}
    alerts = records.alerts()
    assert {b.get(r, "process.pid") for r in alerts} <= pids
    assert {b.get(r, "event.action") for r in alerts} <= set(KINDS)
