# SPDX-License-Identifier: Apache-2.0
"""Names of what is changed: however they are written, and wherever symlinks lead."""

import os
import pathlib
import signal

import pytest

import box as b

WAYS = b.ways("name_ways")
# What only user space can tell, after the call; what nobody can.
LATER = {"bind-mount", "symlink", "symlink-dirfd", "symlink-dotdot", "symlink-target",
         "symlink-file", "hardlink"}
UNRESOLVED = {"cold-page": "tracepoint", "proc-other": "tracepoint", "magic-symlink": "user",
              "bad-pointer": "tracepoint"}
NOTHING = {"empty"}
STOPPED = [w for w in WAYS if w not in LATER | set(UNRESOLVED) | NOTHING]
FAILS = {"missing", "bad-pointer", "empty"}


def prepare(box, name):
    where, scratch = box.dir(f"{name}/forbidden"), box.dir(f"{name}/scratch")
    for way in WAYS:
        if way == "slashes":
            (where / way).mkdir()
        elif way not in ("symlink-target", "missing"):
            box.write(where / way, "x")
    (scratch / "dir").symlink_to(where)
    (scratch / "file").symlink_to(where / "symlink-file")
    (scratch / "bad").symlink_to("/proc/self/root")
    (scratch / "onto").write_text("x")
    os.link(where / "hardlink", scratch / "hard")
    (scratch / "bind").mkdir()
    b.sh(f"mount --bind {where} {scratch}/bind")
    return where, scratch


def happened(where, way):
    """What really became of the way's file."""
    path = where / way
    if way == "symlink-target":
        return path.exists()
    if way == "cold-setuid":
        return path.stat().st_mode & 0o4000 != 0
    if way in ("symlink-file", "hardlink"):
        return path.stat().st_mode & 0o777 == 0o666
    return way not in FAILS and not path.exists()


def attempt(box, name, mode, *stay):
    where, scratch = prepare(box, name)
    rule = {"id": "kept", "on": ["file.unlink", "file.rename", "file.chmod"],
            "path": [f"{where}/**"], "action": "kill"}
    bits = {"id": "bits", "on": "file.chmod", "operation": "setuid", "action": "kill"}
    done = box.run(b.TRIGGERS / "name_ways", "all", where, scratch, *stay, rules=[rule, bits],
                   mode=mode)
    b.sh(f"umount {scratch}/bind")
    assert done.rc == 0, done.text
    return done.truths, done.records, where


@pytest.fixture(scope="module")
def killed(box):
    return attempt(box, "killed", "enforce", "stay")


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "seen", "observe")


def alert_of(result, way):
    truths, records, _ = result
    alert, = records.alerts(truths[way]["event"], process__pid=truths[way]["pid"])
    return alert


@pytest.mark.parametrize("way", STOPPED)
def test_killed_when_the_call_begins(killed, way, column, guarantee):
    truths, records, where = killed
    by_object = column["rung"] < 3    # a security hook has it in its hands
    if by_object and way in FAILS:
        assert not records.alerts(process__pid=truths[way]["pid"])
        guarantee.impossible(f"name.{way}", truths[way])
        return
    assert truths[way]["signal"] == 9 and not truths[way]["done"], truths[way]
    alert = alert_of(killed, way)
    # A rule without a path holds for a name that cannot be read.
    unread = way == "cold-setuid" and not by_object
    assert b.get(alert, "rule.id") == ("bits" if unread else "kept")
    assert b.get(alert, "enforcement.backend") in ("tracepoint", *b.SECURITY)
    assert b.stopped_as(alert, "killed-after-possible-effect")
    assert b.get(alert, "rule.matched_by") == ("inode" if way == "bind-cwd" else None)
    guarantee(f"name.{way}", [alert], happened(where, way))


@pytest.mark.parametrize("way", sorted(LATER))
def test_killed_by_user_space(killed, way, column, guarantee):
    """Or denied: a security hook is asked about the object, whatever its name was."""
    truths, _, where = killed
    assert truths[way]["signal"] == 9, truths[way]
    alert = alert_of(killed, way)
    assert b.get(alert, "rule.id") == "kept"
    late = column["rung"] == 3
    assert b.get(alert, "enforcement.backend") in (("user",) if late else b.SECURITY)
    assert b.stopped_as(alert, "killed-after-possible-effect")
    assert happened(where, way) == late
    guarantee(f"name.{way}", [alert], happened=late)


@pytest.mark.parametrize("way", sorted(UNRESOLVED))
def test_what_cannot_be_told_is_an_alert(killed, way, column, guarantee):
    truths, records, where = killed
    if column["rung"] < 3 and way in FAILS:    # no object, and nobody is asked
        assert truths[way]["done"] and not records.alerts(process__pid=truths[way]["pid"])
        return
    alert = alert_of(killed, way)
    if way not in FAILS:
        guarantee(f"name.{way}", [alert], happened(where, way))
    if column["rung"] < 3:
        assert b.get(alert, "rule.id") == "kept" and b.stopped_as(alert, None)
        return
    assert truths[way]["done"], truths[way]
    assert b.get(alert, "rule.id") == "unresolved"
    assert b.get(alert, "enforcement.backend") == UNRESOLVED[way]
    if way in ("cold-page", "bad-pointer"):
        assert any("file.path_raw" in m for m in b.get(alert, "event.reason_missing"))


@pytest.mark.parametrize("way", sorted(NOTHING))
def test_no_name_is_no_violation(killed, seen, way):
    for truths, records, _ in (killed, seen):
        assert truths[way]["errno"] == 2
        assert not records.alerts(process__pid=truths[way]["pid"])


@pytest.mark.parametrize("way", [w for w in WAYS if w not in NOTHING])
def test_seen_with_the_path_that_it_leads_to(seen, way):
    truths, _, where = seen
    truth = truths[way]
    assert truth["done"] and (truth["errno"] == 0) == (way not in FAILS), truth
    assert happened(where, way) == (way not in FAILS)
    alert = alert_of(seen, way)
    assert b.get(alert, "enforcement.outcome") == "alerted"
    if way in UNRESOLVED or way.startswith("cold"):
        return
    path = b.get(alert, "file.target_path" if way == "symlink-target" else "file.path")
    if "bind" in way:
        assert path.endswith(f"/bind/{way}")
    elif way == "hardlink":
        assert path.endswith("/hard")
    else:
        assert path == str(where / way) + (".missing" if way == "missing" else "")
    assert b.get(alert, "file.path_raw") == truth["raw"]


def test_nothing_else_is_reported(killed, seen):
    for truths, records, _ in (killed, seen):
        alerts = records.alerts()
        assert {b.get(r, "process.pid") for r in alerts} <= {t["pid"] for t in truths.values()}
        assert not records.find("monitor.gap")


@pytest.mark.parametrize("command,kind,target", [
    (("/bin/mv", "-T", "other", "kept"), "file.rename", True),
    (("/bin/mv", "-T", "kept", "other"), "file.rename", False),
    (("/bin/ln", "-sT", "other", "kept"), "file.symlink", False)])
def test_a_directory_takes_along_what_is_below(box, command, kind, target):
    """The glob names what lies in the directory, not the directory itself."""
    where = box.new("along")
    (where / command[2]).mkdir()
    done = box.run(*command, cwd=where, rules=[
        {"id": "kept", "on": kind, "path": [f"{where}/kept/**"], "action": "kill"}])
    assert done.rc == 137
    alert, = done.records.alerts()
    assert b.get(alert, "event.action") == kind
    assert b.get(alert, "rule.matched_by") == ("target" if target else None)


def test_a_directory_that_nobody_forbids(box):
    where = box.new("along")
    (where / "other").mkdir()
    done = box.run("/bin/mv", "-T", "other", "another", cwd=where, rules=[
        {"id": "kept", "on": "file.rename", "path": [f"{where}/kept/**", f"{where}/another/x"],
         "action": "kill"}])
    assert done.rc == 0 and not done.records.alerts()


def test_a_name_asked_for_is_no_record(box):
    """Names that go through directories are sent to user space; nobody has asked for a record."""
    where = box.dir("quiet")
    box.write("quiet/a/file", "x")
    done = box.run("/bin/rm", f"{where}/a/file", rules=[
        {"id": "other", "on": "file.unlink", "path": ["/nowhere/**"], "action": "kill"}])
    assert done.rc == 0 and not (where / "a/file").exists()
    assert not done.records.find("file.unlink")
    done = box.run("/bin/rmdir", f"{where}/a", record=["file.unlink"])
    record, = done.records.find("file.unlink", file__path=f"{where}/a")
    assert b.get(record, "event.kind") == "event"
    assert b.get(record, "call.operation") == ["directory"]


SWAP = """
import os, sys
where, scratch = sys.argv[1:]
os.symlink(where, scratch + "/swap")
print(os.getpid(), flush=True); input()
os.unlink(scratch + "/swap/victim")
os.unlink(scratch + "/swap"); os.symlink("/tmp", scratch + "/swap")
open(scratch + "/swapped", "w").close()
input()
"""


def is_gone(pid):
    """Ended, though the monitor has not looked yet."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_a_symlink_that_is_gone_before_anybody_looks(box, guarantee):
    """The monitor stands still while the loader removes the traces: a race, lost on purpose."""
    where, scratch = box.dir("swap/forbidden"), box.dir("swap/scratch")
    victim = box.write(where / "victim", "x")
    process, log = box.start(b.PYTHON, "-c", SWAP, where, scratch, stdin=-1, rules=[
        {"id": "kept", "on": "file.unlink", "path": [f"{where}/**"], "action": "kill"}])
    pid = int(process.stdout.readline())
    process.send_signal(signal.SIGSTOP)
    process.stdin.write(b"\n")
    process.stdin.flush()
    b.until(lambda: (scratch / "swapped").exists() or is_gone(pid), "the swap, or its end")
    process.send_signal(signal.SIGCONT)
    done = box.finish(process, log, b"\n")
    guarantee("name.swapped", done.records.alerts("file.unlink", rule__id="kept"),
              happened=not victim.exists())
