# SPDX-License-Identifier: Apache-2.0
"""All ways of a trigger, kind by kind: with rules on one kind only, so that what a way prepares by
calls of other kinds is nobody's business."""

import subprocess

import box as b


class Attempts:
    """What became of them: truths and records, by way."""

    def __init__(self, box, trigger, kinds, action, *args, rules=()):
        self.truths, self.records, self.log = {}, {}, {}
        for kind in kinds:
            rule = {"id": kind, "on": kind, "action": action}
            done = box.run(b.TRIGGERS / trigger, kind, *args, rules=[*rules, rule])
            assert done.rc == 0, done.text
            records = done.records
            for way, truth in done.truths.items():
                self.truths[way] = truth
                self.records[way] = records.find(process__pid=truth["pid"])
                self.log[way] = records

    def alerts(self, way):
        """Those of the process that made the call, on the kind that the way is of."""
        return self.records[way].alerts(self.truths[way]["event"])

    def alert(self, way):
        found = self.alerts(way)
        assert len(found) == 1, (way, self.truths[way], found)
        return found[0]

    def operation(self, way):
        return b.get(self.alert(way), "call.operation")


def cgroup_root():
    """Where the v2 hierarchy is mounted."""
    return next(line.split()[1] for line in open("/proc/self/mounts", encoding="utf-8")
                if line.split()[2] == "cgroup2")


def is_killed(truth):
    return truth["signal"] == 9 and not truth["done"]


def remove_cgroup(path):
    b.until(lambda: subprocess.run(["rmdir", path], check=False, capture_output=True)
            .returncode == 0, f"the end of {path}")
