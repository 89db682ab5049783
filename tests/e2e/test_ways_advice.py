# SPDX-License-Identifier: Apache-2.0
"""What docs/guarantees.md advises against an open hole closes it."""

import os

import pytest

import box as b
import test_ways_plant as plant
import test_ways_read as read
from loader import Loader
from test_exec import place

EXEC, START = str(b.TRIGGERS / "exec_ways"), str(b.TRIGGERS / "start_ways")


@pytest.mark.parametrize("way,rule", [
    ("memfd", {"on": "process.exec", "path": ["memfd:**"]}),
    ("memfd-proc", {"on": "process.exec", "path": ["memfd:**"]}),
    ("memfd", {"on": "memory.memfd"}),
    ("ld-so", {"on": "process.exec", "path": ["/**/ld-linux*"]}),
    ("ld-so", {"on": "file.open", "path": ["PROGRAM"]}),
    ("ld-so", {"on": "memory.exec", "path": ["PROGRAM"]})])
def test_copies_and_the_dynamic_loader(box, way, rule):
    base = place(box, box.new("copies").name, [way])
    path = [str(base / way / "object/file") if p == "PROGRAM" else p for p in rule.get("path", ())]
    done = box.run(EXEC, way, base, rules=[
        {"id": "advice", "action": "kill", **rule, **({"path": path} if path else {})}])
    assert not (base / way / "mark").exists() and done.records.alerts(rule__id="advice")


@pytest.mark.parametrize("way", ["script-symlink", "script-hardlink", "script-proc-fd",
                                 "script-middle", "script-argument"])
def test_scripts(box, way):
    """The interpreter has to open what it is to execute."""
    base = box.new("script")
    script = box.write(base / way / "object" / "file", "#!/bin/sh\n>$1\n", 0o755)
    box.dir(base / way / "scratch")
    done = box.run(START, way, base, rules=[
        {"id": "advice", "on": "file.open", "path": [str(script)], "action": "kill"}])
    assert not (base / way / "mark").exists() and done.records.alerts(rule__id="advice")


def test_a_stranger_with_a_descriptor(box):
    name = "passed"
    truth, records = read.attempt(box, name, "scm-stranger", rules=[
        {"id": "advice", "on": "net.connect", "path": [f"{box.root}/{name}/**"],
         "action": "deny"}])
    assert not truth["got"] and records.alerts(rule__id="advice")


@pytest.mark.parametrize("way", ["rename-parent", "symlink-parent"])
def test_the_directory_of_a_name(box, way):
    base = box.new(way)
    where = box.dir(base / way / "object")
    box.dir(base / way / "scratch")
    box.write(where / "file", "before\n")
    done = box.run(plant.PLANT, way, base, rules=[
        {"id": "advice", "on": plant.CHANGES, "path": [str(where), f"{where}/**"],
         "action": "kill"}])
    assert done.records.alerts(rule__id="advice")
    # Killed when the rename begins: what took the directory's place comes later.
    assert not plant.happened(where, way, done.truths[way])


@pytest.mark.parametrize("way", [w for w in read.MADE_LATER if w != "later"])
def test_a_file_that_is_made_later(box, way):
    base = box.new("later")
    box.dir(base / "made")
    loader = Loader(box, rules=[
        {"id": "key", "on": "file.open", "path": [f"{base}/m*/key"], "action": "kill"},
        {"id": "advice", "on": ["file.rename", "file.link"], "action": "kill-loader",
         "path": [f"{base}/m*", f"{base}/m*/key"]}])
    loader.ask(*read.made_later(box, way, base))
    done = box.finish(loader.process, loader.log)
    assert b"SECRET" not in done.out and done.records.alerts(rule__id="advice")


def test_a_mount_over_a_name(box):
    base = box.new("bind")
    box.dir(base / "bind-mount" / "scratch")
    file = box.write(base / "bind-mount" / "object" / "file", "before\n")
    done = box.run(plant.PLANT, "bind-mount", base, rules=[
        {"id": "advice", "on": "mount.attach", "action": "kill"}])
    assert done.records.alerts(rule__id="advice")
    assert done.truths["bind-mount"]["signal"] == 9 and os.path.exists(file)
