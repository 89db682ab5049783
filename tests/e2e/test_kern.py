# SPDX-License-Identifier: Apache-2.0
"""kernel.*: the kernel's own machinery."""

import pytest

import box as b
from attempts import Attempts, is_killed

KINDS = ["kernel.bpf", "kernel.perf", "kernel.userfaultfd", "kernel.module", "kernel.kexec",
         "kernel.reboot", "kernel.admin"]
WAYS = b.ways("kern_ways")
HARMLESS = [w for w in WAYS if w.startswith("harmless-")]
FORBIDDEN = [w for w in WAYS if w not in HARMLESS]
# A descriptor, or a right of the process: nobody has it any more.
BEFORE = ["bpf-map", "bpf-load", "bpf-wide", "bpf-get", "bpf-32", "perf", "userfaultfd", "iopl",
          "ioperm", "fanotify"]
OPERATIONS = {
    "bpf-map": ["map-create"], "bpf-load": ["prog-load"], "bpf-wide": ["prog-load"],
    "bpf-unknown": ["65535"], "bpf-pin": ["obj-pin"], "bpf-get": ["obj-get"],
    "bpf-link": ["link-create"], "bpf-tracepoint": ["raw-tracepoint"], "bpf-32": ["prog-load"],
    "init-module": ["load"], "finit-module": ["load"], "delete-module": ["unload"],
    "reboot-restart": ["restart"], "reboot-halt": ["halt"], "reboot-power-off": ["power-off"],
    "reboot-kexec": ["kexec"], "reboot-unknown": ["other"], "reboot-32": ["halt"],
    "iopl": ["io-ports"], "ioperm": ["io-ports"], "swapon": ["swap"], "swapoff": ["swap"],
    "acct": ["acct"], "quotactl": ["quota"], "syslog-read": ["syslog"],
    "sethostname": ["hostname"], "setdomainname": ["hostname"], "sethostname-32": ["hostname"],
    "settimeofday": ["time"], "clock-settime": ["time"], "adjtimex": ["time"],
    "clock-adjtime": ["time"], "stime-32": ["time"], "clock-settime64-32": ["time"],
    "fanotify": ["fanotify"]}


@pytest.fixture(scope="module")
def where(box):
    path = box.dir("kern")
    box.write(path / "image", "no image")
    return path


@pytest.fixture(scope="module")
def seen(box, where):
    return Attempts(box, "kern_ways", KINDS, "alert", where)


@pytest.fixture(scope="module")
def stopped(box, where):
    return Attempts(box, "kern_ways", KINDS, "kill", where)


@pytest.mark.parametrize("way", FORBIDDEN)
def test_seen(seen, way):
    alert = seen.alert(way)
    assert seen.truths[way]["done"]
    assert b.get(alert, "rule.id") == seen.truths[way]["event"]
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert b.get(alert, "call.compat") is (True if way.endswith("-32") else None)
    if way in OPERATIONS:
        assert b.get(alert, "call.operation") == OPERATIONS[way]


@pytest.mark.parametrize("way", FORBIDDEN)
def test_stopped(stopped, way, guarantee):
    truth, alert = stopped.truths[way], stopped.alert(way)
    assert truth["signal"] == 9 or way.endswith("-shared"), truth
    assert not truth["done"], truth
    guarantee(f"kern.{way}", [alert], happened=truth["got"])
    assert b.stopped_as(alert, "killed-before-effect" if way in BEFORE else
                        "killed-after-possible-effect")


@pytest.mark.parametrize("way", HARMLESS)
@pytest.mark.parametrize("mode", ["seen", "stopped"])
def test_harmless(request, mode, way):
    attempts = request.getfixturevalue(mode)
    assert attempts.truths[way]["done"] and attempts.truths[way]["signal"] == 0
    assert not attempts.records[way].alerts()


def test_what_is_named(seen, where):
    for way in "finit-module", "kexec-file-load", "swapon", "swapoff":
        assert b.get(seen.alert(way), "file.path") == f"{where}/image", way
    assert b.get(seen.alert("acct"), "file.path") == str(where)
    assert b.get(seen.alert("delete-module"), "file.path_raw") == "no_such_module_here"
    assert b.get(seen.alert("finit-module-bad"), "file.path") is None


def test_a_path(box, where):
    """One module may be loaded, by whatever name; nothing else, and none without a file."""
    link = where / "innocent"
    link.hardlink_to(where / "image")
    rules = [{"id": "ours", "on": "kernel.module", "path": ["/lib/modules/**"], "action": "allow"},
             {"id": "image", "on": ["kernel.module", "kernel.admin"], "path": [str(link)],
              "action": "kill"},
             {"id": "unload", "on": "kernel.module", "operation": "unload", "action": "allow"},
             {"id": "none", "on": "kernel.module", "action": "kill"}]
    done = box.run(b.TRIGGERS / "kern_ways", "finit-module,init-module,delete-module", where,
                   rules=rules)
    assert is_killed(done.truths["finit-module"]) and is_killed(done.truths["init-module"])
    assert done.truths["delete-module"]["done"]
    file, memory = done.records.alerts("kernel.module")
    assert (b.get(file, "rule.id"), b.get(file, "rule.matched_by")) == ("image", "inode")
    assert b.get(memory, "rule.id") == "none"


def test_an_operation(box, where):
    """The clock may be asked and the log read; what is set is stopped."""
    done = box.run(b.TRIGGERS / "kern_ways", "syslog-read,settimeofday", where, rules=[
        {"id": "log", "on": "kernel.admin", "operation": "syslog", "action": "allow"},
        {"id": "admin", "on": "kernel.admin", "action": "kill"}])
    assert done.truths["syslog-read"]["done"] and is_killed(done.truths["settimeofday"])


def test_the_device_of_userfaultfd(box):
    """Another way to the same: an open, which a rule on files stops."""
    done = box.run(b.PYTHON, "-c", "open('/dev/userfaultfd', 'rb+', buffering=0)\nprint('open')",
                   rules=[{"id": "uffd", "on": "file.open", "path": ["/dev/userfaultfd"],
                           "action": "kill"}])
    assert not done.out
    alert, = done.records.alerts("file.open", rule__id="uffd")
    assert b.stopped_as(alert, "killed-before-effect") or b.stopped_as(alert, "failed")
