# SPDX-License-Identifier: Apache-2.0
"""Ways out of the tag: what a descendant does is stopped like the loader's own doing, and so is
what a loader does that has made itself look like somebody else."""

import pathlib
import shutil
import subprocess

import pytest

import box as b

HIDE = str(b.TRIGGERS / "hide_ways")
HIDING = b.ways("hide_ways")
EXEC = "set-mm-exec"    # needs rules of its own


@pytest.fixture(scope="module")
def killed(box):
    path = box.write("tag/file", box.token)
    done = box.run(b.TRIGGERS / "tag_ways", "all", path, rules=[
        {"id": "watched", "on": "file.open", "path": [str(path)], "action": "kill"}])
    assert done.rc == 0, done.text
    return done


@pytest.mark.parametrize("way", b.ways("tag_ways"))
def test_a_descendant_is_stopped(killed, way, guarantee):
    truth = killed.truths[way]
    alerts = killed.records.alerts("file.open", process__pid=truth["pid"])
    guarantee(f"tag.{way}", alerts, happened=truth["got"])


def hide(box, name, ways, rules, mode):
    base = box.dir(name)
    for way in ways:
        shutil.copy("/usr/bin/touch", box.dir(base / way / "object") / "file")
        shutil.copy("/usr/bin/true", box.dir(base / way / "scratch") / "true")
    objects = [f"{base}/{w}/object/file" for w in ways]
    with b.other_cgroup() as other:
        done = box.run(HIDE, ",".join(ways), base, rules=rules(objects), mode=mode,
                       env={**box.environment(), "LEAVE_TO": str(other)})
    assert done.rc == 0, done.text
    return done, base


def watched(objects):
    return [{"id": "watched", "on": "file.open", "path": objects, "action": "kill"}]


def itself(_):
    return [{"id": "self", "on": "process.exec", "same_executable": True, "action": "allow"},
            {"id": "other", "on": "process.exec", "path": ["/**"], "action": "kill"}]


@pytest.fixture(scope="module")
def hidden(box):
    return hide(box, "hidden", [w for w in HIDING if w != EXEC], watched, "enforce")[0]


@pytest.fixture(scope="module")
def seen(box):
    return hide(box, "seen", [w for w in HIDING if w != EXEC], watched, "observe")


@pytest.mark.parametrize("way", [w for w in HIDING if w != EXEC])
def test_a_disguise_does_not_help(hidden, way, guarantee):
    truth = hidden.truths[way]
    alerts = hidden.records.alerts("file.open", process__pid=truth["pid"])
    guarantee(f"tag.{way}", alerts, happened=truth["got"])


LOOKS = {"comm": "kworker/0:1\n", "set-mm-args": "kworker", "pid-reuse": "1"}


@pytest.mark.parametrize("way", [w for w in HIDING if w != EXEC])
def test_the_disguise_works(seen, way):
    done, base = seen
    truth = done.truths[way]
    assert truth["got"], truth
    if way == "set-mm-exe":
        assert truth["note"] == f"{base}/{way}/scratch/true"
    elif way == "argv":
        assert set(truth["note"]) == {"k"}
    else:
        assert truth["note"] == LOOKS.get(way, "")


def test_the_loaders_own_program_is_what_was_started(box, guarantee):
    """A loader may start itself; to look like another program does not let it start that one."""
    done, base = hide(box, "exec", [EXEC], itself, "enforce")
    guarantee("tag.set-mm-exec", done.records.alerts("process.exec"),
              happened=(base / EXEC / "mark").exists())


def test_that_disguise_works(box):
    done, base = hide(box, "exec-seen", [EXEC], itself, "observe")
    assert (base / EXEC / "mark").exists()
    assert done.truths[EXEC]["note"] == f"{base}/{EXEC}/object/file"


def test_a_stranger_with_a_used_number(box):
    """The number of a loader's child that has ended says nothing of who has it now."""
    secret = box.write("used/stranger/object/file", "x")
    box.dir("used/stranger/scratch")
    process, log = box.start("/bin/sh", "-c", "/bin/true & echo $!; wait; read unused",
                             stdin=subprocess.PIPE, rules=[
        {"id": "watched", "on": "file.open", "path": [str(secret)], "action": "kill"}])
    pid = int(process.stdout.readline())
    b.until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "the child's end")
    stranger = box.plain(HIDE, "stranger", box.root / "used", str(pid))
    truth = stranger.truths["stranger"]
    assert truth["note"] == "1" and truth["got"], (truth, stranger.text)
    done = box.finish(process, log, stdin=b"\n")
    assert done.rc == 0 and not done.records.alerts()
