# SPDX-License-Identifier: Apache-2.0
"""file.open: the file that was really opened is judged, however it was named."""

import pytest

import box as b

WAYS = [w for w in b.ways("open_ways") if w != "missing"]


def attempt(box, name, mode, **k):
    """All ways at once on a forbidden file: each way is a process of its own."""
    secret = box.write(f"{name}/secret/file", box.token)
    rule = {"id": "secret-file", "on": "file.open", "path": [str(secret)], "action": "kill", **k}
    access = "w" if "write" in k.get("access", ()) else "r"
    done = box.run(b.TRIGGERS / "open_ways", "all", secret, box.dir(f"{name}/scratch"), access,
                   rules=[rule], mode=mode)
    assert done.rc == 0, done.text
    return done, done.truths, done.records, secret


@pytest.fixture(scope="module")
def killed(box):
    return attempt(box, "killed", "enforce")


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "seen", "observe")


@pytest.mark.parametrize("way", WAYS)
def test_stopped_before_user_code_has_the_descriptor(killed, way, guarantee):
    _, truths, records, secret = killed
    truth = truths[way]
    assert truth["signal"] == 9 and not truth["done"], truth
    alert, = records.alerts("file.open", process__pid=truth["pid"])
    word = guarantee(f"open.{way}", [alert], happened=truth["got"])
    assert b.get(alert, "rule.id") == "secret-file"
    assert b.get(alert, "enforcement.action") == "kill"
    # O_PATH opens nothing yet: nobody is asked.
    assert (word == "denied") == (way != "fd-reopen")
    assert int(b.get(alert, "file.inode")) == secret.stat().st_ino


@pytest.mark.parametrize("way", WAYS)
def test_seen_with_its_resolved_path(seen, way):
    _, truths, records, secret = seen
    truth = truths[way]
    assert truth["done"] and truth["got"] == 1, truth
    alerts = records.alerts("file.open", process__pid=truth["pid"])
    if way == "fd-reopen":
        handle = alerts.pop(0)    # O_PATH gives no data, but is what the reopening starts from
        assert b.get(handle, "file.access") == ["path"]
    alert, = alerts
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert int(b.get(alert, "file.inode")) == truth["ino"]
    path = b.get(alert, "file.path")
    if way == "hardlink":
        assert path == truth["raw"]
    elif way == "bind-mount":
        assert path == truth["raw"]
    elif way == "open-tree":
        assert path.endswith("/file")    # its mount is attached nowhere: there is no longer name
    else:
        assert path == str(secret)
    if truth["raw"]:
        assert b.get(alert, "file.path_raw") == truth["raw"]


@pytest.mark.parametrize("mode", ["enforce", "observe"])
def test_the_missing_file_is_no_violation(request, mode):
    _, truths, records, _ = request.getfixturevalue("killed" if mode == "enforce" else "seen")
    assert truths["missing"]["errno"] == 2
    assert not records.alerts("file.open", process__pid=truths["missing"]["pid"])


def test_nothing_else_is_reported(killed):
    _, truths, records, _ = killed
    pids = {t["pid"] for t in truths.values()}
    assert {b.get(r, "process.pid") for r in records.alerts()} <= pids


def test_a_forbidden_name_that_does_not_exist(box):
    missing = box.dir("absent") / "id_rsa"
    done = box.run("/bin/cat", missing, rules=[
        {"id": "key", "on": "file.open", "path": [str(missing)], "action": "alert"}])
    assert done.rc == 1
    alert, = done.records.alerts("file.open")
    assert b.get(alert, "rule.id") == "key"
    assert b.get(alert, "error.code") == "ENOENT"
    assert b.get(alert, "file.path") == str(missing)
    assert b.get(alert, "enforcement.outcome") == "failed"


def test_failures_are_recorded_when_wanted(box):
    done = box.run("/bin/cat", box.root / "nothing-here", record=["file.open"])
    record, = [r for r in done.records.find("file.open", error__code="ENOENT")
               if b.get(r, "file.path") == str(box.root / "nothing-here")]
    assert b.get(record, "event.kind") == "event"
    assert b.get(record, "error.number") == 2


@pytest.mark.parametrize("access,caught", [("read", ("r", "w")), ("write", ("w",))])
def test_read_and_write_are_told_apart(box, access, caught):
    for how in "rw":
        name = f"intent-{access}-{how}"
        file = box.write(f"{name}/file", "x")
        done = box.run(b.TRIGGERS / "open_ways", "openat,openat2,fd-reopen", file,
                       box.dir(f"{name}/scratch"), how,
                       rules=[{"id": "i", "on": "file.open", "path": [str(file)],
                               "access": [access], "action": "kill"}])
        for truth in done.truths.values():
            assert (truth["signal"] == 9) == (how in caught), (access, how, truth)


def python_open(box, path, mode, **k):
    return box.run(b.PYTHON, "-c", f"open({str(path)!r}, {mode!r}).write('PLANTED')",
                   rules=[{"id": "plant", "on": "file.open", "path": [str(path)],
                           "access": ["write"], "action": "kill"}], **k)


@pytest.mark.parametrize("mode,exists,outcome", [
    ("a", True, "killed-before-effect"), ("r+", True, "killed-before-effect"),
    ("w", True, "killed-after-possible-effect"), ("a", False, "killed-after-possible-effect"),
    ("x", False, "killed-after-possible-effect")])
def test_outcome_tells_what_had_happened(box, mode, exists, outcome):
    """Of a rule that depends on what the file is opened for: nobody is asked before."""
    box.n += 1
    path = box.dir(f"outcome-{box.n}") / "file"
    if exists:
        path.write_text("before")
    done = python_open(box, path, mode)
    assert done.rc == 137
    alert, = done.records.alerts("file.open")
    assert b.stopped_as(alert, outcome)
    text = path.read_text() if path.exists() else None
    assert text != "PLANTED"
    if b.get(alert, "enforcement.outcome") != "killed-after-possible-effect":
        assert text == ("before" if exists else None)


def test_home_globs(box):
    done = box.run("/bin/cat", f"{b.HOME}/.aws/credentials", f"{b.HOME}/data/notes.txt",
                   mode="observe", rules=[{"id": "aws", "on": "file.open", "path": ["~/.aws/**"],
                                           "action": "kill"}])
    assert done.rc == 0
    alert, = done.records.alerts()
    assert b.get(alert, "file.path") == f"{b.HOME}/.aws/credentials"


def test_first_match_wins(box):
    file = box.write("first/a/file", "x")
    other = box.write("first/b/file", "x")
    rules = [{"id": "but", "on": "file.open", "path": [str(file)], "action": "allow"},
             {"id": "all", "on": "file.open", "path": [f"{box.root}/first/**"], "action": "kill"}]
    assert box.run("/bin/cat", file, rules=rules).rc == 0
    assert box.run("/bin/cat", other, rules=rules).rc == 137


def test_a_file_that_appears_later(box):
    """It had no inode when the policy was installed; a hard link to it, by then, must not help."""
    where = box.dir("later")
    rules = [{"id": "later", "on": "file.open", "path": [f"{where}/**"], "access": ["read"],
              "action": "kill"}]
    done = box.run("/bin/sh", "-c", f"echo x >{where}/new; /bin/cat {where}/new", rules=rules)
    assert done.rc == 137


REUSED = """
import os, sys
secret, scratch = sys.argv[1:]
number = os.stat(secret).st_ino
os.unlink(secret)
for i in range(500):
    name = os.path.join(scratch, str(i))
    with open(name, "w") as f:
        if os.fstat(f.fileno()).st_ino == number:
            print("REUSED")
    if os.stat(name).st_ino == number:
        open(name).close()
        print("OPENED")
        break
"""


def test_a_file_with_the_number_of_one_that_has_gone(box):
    """File systems give inode numbers again: who has one then is not the file that a rule named."""
    secret, scratch = box.write("reused/secret/file", "x"), box.dir("reused/scratch")
    rules = [{"id": "gone", "on": "file.open", "path": [str(secret)], "action": "kill"}]
    done = box.run("/usr/bin/python3", "-c", REUSED, secret, scratch, rules=rules)
    if b"REUSED" not in done.out and done.rc == 0:
        pytest.skip("this file system gave the number to no other file")
    assert done.rc == 0 and b"OPENED" in done.out, done.text
    assert not done.records.alerts()
