# SPDX-License-Identifier: Apache-2.0
"""Ways to start a forbidden program that a rule names; what is not named may be started."""

import shutil

import pytest

import box as b
from test_exec import place

START, EXEC = str(b.TRIGGERS / "start_ways"), str(b.TRIGGERS / "exec_ways")
WAYS = b.ways("start_ways")
NAMED = [w for w in b.ways("exec_ways") if w != "missing"]


def named(path):
    return {"id": "named", "on": "process.exec", "path": path, "action": "kill"}


def all_together(box, name, mode):
    base = box.dir(name)
    for way in WAYS:
        for place in "object", "scratch":
            box.dir(base / way / place)
        shutil.copy("/usr/bin/true", base / way / "object" / "twin")
        shutil.copy("/usr/bin/true", base / way / "scratch" / "true")
        if way.startswith("script"):
            box.write(base / way / "object" / "file", "#!/bin/sh\n>$1\n", 0o755)
        else:
            shutil.copy("/usr/bin/touch", base / way / "object" / "file")
    done = box.run(START, ",".join(WAYS), base, mode=mode,
                   rules=[named([f"{base}/{w}/object/file" for w in WAYS])])
    assert done.rc == 0, done.text
    return done, base


@pytest.fixture(scope="module")
def killed(box):
    return all_together(box, "killed", "enforce")


@pytest.fixture(scope="module")
def seen(box):
    return all_together(box, "seen", "observe")


@pytest.mark.parametrize("way", WAYS)
def test_it_does_not_start(killed, way, guarantee):
    done, base = killed
    truth = done.truths[way]
    alerts = done.records.alerts("process.exec", process__pid=truth["pid"])
    guarantee(f"start.{way}", alerts, happened=(base / way / "mark").exists())


@pytest.mark.parametrize("way", WAYS)
def test_the_way_works(seen, way):
    _, base = seen
    assert (base / way / "mark").exists()


@pytest.fixture(scope="module")
def by_name(box):
    base = place(box, "named", NAMED)
    done = box.run(EXEC, ",".join(NAMED), base,
                   rules=[named([f"{base}/{w}/object/file" for w in NAMED])])
    assert done.rc == 0, done.text
    return done, base


@pytest.mark.parametrize("way", NAMED)
def test_by_its_name(by_name, way, guarantee):
    done, base = by_name
    alerts = done.records.alerts("process.exec", process__pid=done.truths[way]["pid"])
    guarantee(f"named.{way}", alerts, happened=(base / way / "mark").exists())
