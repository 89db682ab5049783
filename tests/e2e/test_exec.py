# SPDX-License-Identifier: Apache-2.0
"""process.exec: the file that was really executed is judged, before its first instruction."""

import glob
import os
import shutil

import pytest

import box as b

WAYS = [w for w in b.ways("exec_ways") if w != "missing"]
TRIGGER = str(b.TRIGGERS / "exec_ways")


def place(box, name, ways):
    """Each way has a program of its own, which leaves a mark. Gives the directory of all."""
    base = box.dir(name)
    for way in ways:
        box.dir(base / way / "scratch")
        shutil.copy("/usr/bin/touch", box.dir(base / way / "object") / "file")
    return base


def attempt(box, name, mode):
    """Everything but the trigger itself is forbidden."""
    ways = b.ways("exec_ways")
    base = place(box, name, ways)
    done = box.run(TRIGGER, ",".join(ways), base, mode=mode,
                   default={"file": "allow", "net": "allow", "exec": "kill"})
    assert done.rc == 0, done.text
    return done.truths, done.records, {w: base / w / "mark" for w in ways}, base


@pytest.fixture(scope="module")
def killed(box):
    return attempt(box, "killed", "enforce")


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "seen", "observe")


@pytest.mark.parametrize("way", WAYS)
def test_killed_before_the_first_instruction(killed, way, guarantee):
    truths, records, marks, _ = killed
    truth = truths[way]
    if way in ("posix-spawn", "vfork"):
        assert truth["note"] == "child 9"
    else:
        assert truth["signal"] == 9 and not truth["done"], truth
    assert not marks[way].exists()
    alert, = records.alerts("process.exec", process__pid=truth["pid"])
    guarantee(f"exec.{way}", [alert], happened=marks[way].exists())
    assert b.stopped_as(alert, "killed-before-effect")
    assert b.get(alert, "enforcement.action") == "kill"


def expected_path(way, where):
    return {"copy": f"{where}/copy/scratch/copy",
            "hardlink": f"{where}/hardlink/scratch/hardlink", "script": os.path.realpath("/bin/sh"),
            "ld-so": os.path.realpath((glob.glob("/lib64/ld-linux*.so*") or
                                       glob.glob("/lib/ld-linux*.so*"))[0])
            }.get(way, f"{where}/{way}/object/file")


@pytest.mark.parametrize("way", WAYS)
def test_seen_with_its_resolved_path(seen, way):
    truths, records, marks, where = seen
    assert marks[way].exists(), truths[way]
    alerts = records.alerts("process.exec", process__pid=truths[way]["pid"])
    assert len(alerts) == (2 if way == "script" else 1)    # the script executes the program
    path = b.get(alerts[0], "file.path")
    if way in ("memfd", "memfd-proc"):
        assert "memfd:kworker" in path
    elif way == "unlinked":
        assert "unlinked" in path
        assert b.get(alerts[0], "file.deleted") is True
    else:
        assert path == expected_path(way, where)
    assert b.get(alerts[0], "enforcement.outcome") == "alerted"
    if way == "script":
        assert b.get(alerts[0], "process.script") == f"{where}/script/scratch/script"


def test_arguments_are_the_real_ones(seen):
    truths, records, marks, _ = seen
    alert, = records.alerts("process.exec", process__pid=truths["execve"]["pid"])
    assert b.get(alert, "process.args") == ["innocent", str(marks["execve"])]


def test_a_failed_exec_is_no_violation(killed):
    truths, records, _, _ = killed
    assert truths["missing"]["errno"] == 2
    assert not records.alerts(process__pid=truths["missing"]["pid"])


def test_the_operators_own_start_is_not_judged(box):
    done = box.run("/bin/true", default={"file": "allow", "net": "allow", "exec": "kill"})
    assert done.rc == 0
    assert not done.records.alerts()


def test_same_executable(box):
    """The interpreter may start itself; a copy of it under another name may not."""
    copy = box.dir("same") / "python3"
    shutil.copy(os.path.realpath(b.PYTHON), copy)
    rules = [{"id": "self", "on": "process.exec", "same_executable": True, "action": "allow"},
             {"id": "other", "on": "process.exec", "path": ["/**"], "action": "kill"}]
    code = "import subprocess, sys; print(subprocess.run([sys.argv[1], '-c', 'pass']).returncode)"
    done = box.run(b.PYTHON, "-c", code, b.PYTHON, rules=rules)
    assert done.out == b"0\n"
    assert not done.records.alerts()
    done = box.run(b.PYTHON, "-c", code, copy, rules=rules)
    assert done.out == b"-9\n"
    alert, = done.records.alerts("process.exec")
    assert b.get(alert, "rule.id") == "other"


def test_a_script_is_judged_by_its_own_name_too(box):
    script = box.write("dropped/run.sh", "#!/bin/sh\necho ran\n", 0o755)
    done = box.run(b.PYTHON, "-c", f"import subprocess; subprocess.run(['{script}'])",
                   rules=[{"id": "dropped", "on": "process.exec",
                           "path": [f"{box.root}/dropped/**"], "action": "kill"}])
    assert b"ran" not in done.out
    alert, = done.records.alerts("process.exec")
    assert b.get(alert, "rule.id") == "dropped"
    assert b.get(alert, "file.path") == str(script)
    assert b.get(alert, "enforcement.outcome") == "denied"


def test_a_script_that_nobody_is_asked_about(box):
    """Then the interpreter has been loaded, and the script is known by the name that was given."""
    script = box.write("unasked/run.sh", "#!/bin/sh\necho ran\n", 0o755)
    done = box.run(b.PYTHON, "-c", f"import subprocess; subprocess.run(['{script}'])",
                   options=["--no-fanotify"], rules=[
                       {"id": "dropped", "on": "process.exec", "action": "kill",
                        "path": [f"{box.root}/unasked/**"]}])
    assert b"ran" not in done.out
    alert, = done.records.alerts("process.exec")
    assert b.get(alert, "rule.id") == "dropped"
    assert b.get(alert, "rule.matched_by") == "script"
