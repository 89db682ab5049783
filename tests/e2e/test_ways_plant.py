# SPDX-License-Identifier: Apache-2.0
"""Ways to leave something under a forbidden name (a crontab, a start-up script), or remove it."""

import json
import os

import pytest

import box as b

PLANT = str(b.TRIGGERS / "plant_ways")
WAYS = b.ways("plant_ways")
CHANGES = ["file.unlink", "file.rename", "file.link", "file.symlink", "file.mknod", "file.truncate"]


def attempt(box, name, mode):
    base = box.dir(name)
    for way in WAYS:
        where, scratch = box.dir(base / way / "object"), box.dir(base / way / "scratch")
        if not way.startswith("new"):
            box.write(where / "file", "before\n")
            os.link(where / "file", scratch / "hard")
    for i in range(200):
        for neighbour in "file", "twin":
            box.write(base / "remove-race" / "object" / f"{neighbour}-{i:03}", "before\n")
    paths = [f"{base}/{w}/object/file{{,-*}}" for w in WAYS]
    done = box.run(PLANT, ",".join(WAYS), base, mode=mode, rules=[
        {"id": "write", "on": "file.open", "access": ["write"], "path": paths, "action": "kill"},
        {"id": "change", "on": CHANGES, "path": paths, "action": "kill"}])
    assert done.rc == 0, done.text
    return {way: (done.truths[way], happened(base / way / "object", way, done.truths[way]),
                  alerts_of(done, way, base)) for way in WAYS}


def alerts_of(done, way, base):
    """Of the process that did it; of all that tried, where none did."""
    mine = done.records.alerts(process__pid=done.truths[way]["pid"])
    if way.endswith("race") and not done.truths[way]["note"]:
        return [a for a in done.records.alerts() if f"{base}/{way}/" in json.dumps(a)]
    return mine


def happened(where, way, truth):
    path = where / (f"file-{truth['note']}" if way.endswith("race") else "file")
    if way == "remove-race":
        return truth["note"] and not path.exists()
    return path.exists() and "PLANTED" in path.read_text()


@pytest.fixture(scope="module")
def killed(box):
    return attempt(box, "killed", "enforce")


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "seen", "observe")


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_there(killed, way, guarantee):
    _, done, alerts = killed[way]
    guarantee(f"plant.{way}", alerts, happened=done)


@pytest.mark.parametrize("way", WAYS)
def test_the_way_works(seen, way):
    truth, done, _ = seen[way]
    assert done, truth
