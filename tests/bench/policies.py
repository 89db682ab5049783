# SPDX-License-Identifier: Apache-2.0
"""The policies that the bench runs loadward with, and how it reads loadward's log."""

import json

from place import ROOT

DEFAULT = ROOT / "policies" / "default.json"
FORBIDDEN = "bench-forbidden"


def shipped(place):
    """policies/default.json as it is."""
    return json.loads(DEFAULT.read_text())


def idle(place):
    """The default policy, but nothing that runs here is a loader: the driver is a Python itself."""
    policy = shipped(place)
    policy["loaders"] = [{"id": "none", "exec": [str(place.scratch / "no-such-loader")]}]
    return policy


def judge(place):
    """The default policy's rules and one more path that alerts; no record of what is allowed."""
    policy = idle(place)
    for rule in policy["rules"]:
        rule.pop("record", None)
    policy["rules"].insert(0, {"id": "bench-exec", "on": "process.exec", "action": "allow",
                               "path": [str(place.bin.resolve() / "*")],
                               "reason": "the workload executes itself"})
    policy["rules"].insert(0, {"id": FORBIDDEN, "on": "file.open", "action": "alert",
                               "path": [str(place.forbidden)], "severity": "high",
                               "reason": "a path that the bench forbids"})
    policy["default"] = {"file": "allow", "net": "allow", "exec": "allow"}
    policy["record"] = []
    return policy


def record(place):
    """The same, and all that is allowed is recorded."""
    policy = judge(place)
    policy["record"] = ["file.*", "net.*", "process.*", "loader.*"]
    return policy


def write(place, name):
    path = place.fresh(name + ".json")
    path.write_text(json.dumps(globals()[name](place), indent=1))
    return path


def field(record_, name):
    """A field of a record by its dotted name."""
    for part in name.split("."):
        record_ = record_.get(part) if isinstance(record_, dict) else None
    return record_


def records(log):
    """All records of a log directory, oldest first. A line that is not JSON is an error."""
    for path in sorted(log.glob("*.jsonl")):
        with path.open("rb") as lines:
            for line in lines:
                yield json.loads(line)


def lost(record_, kind):
    """How many records a gap record says were lost; kind: "telemetry" or "violations"."""
    if field(record_, "event.action") != "monitor.gap":
        return 0
    return field(record_, "monitor.lost") if kind in field(record_, "monitor.ring") else 0


def is_ready(log):
    """The daemon has attached its programs: it says so in its log."""
    return any(b'"monitor.start"' in path.read_bytes() for path in log.glob("*.jsonl"))
