# SPDX-License-Identifier: Apache-2.0
"""Other processes and memory: each call is seen, and the process that made it is stopped."""

import subprocess

import pytest

import box as b

WAYS = b.ways("call_ways")
HARMLESS = [w for w in WAYS if w.startswith("harmless-")]
FORBIDDEN = [w for w in WAYS if w not in HARMLESS and w != "namespace-kill-child"]
OTHER = ["process.ptrace", "process.memory", "process.pidfd", "process.signal"]
KINDS = ["memory.memfd"]
# Effects that end with the process. A signal is there before it dies.
STAYS_INSIDE = {"memory.memfd", "memory.exec"}
BEFORE = {"vm-read", "pidfd-getfd"}


def rules(action, scratch):
    """One rule a kind. Descriptors of processes are only alerted: other ways need them; and every
    program maps libraries."""
    return ([{"id": "memory.exec-file", "on": "memory.exec", "path": [f"{scratch}/**"],
              "action": action},
             {"id": "memory.exec-none", "on": "memory.exec", "operation": "anonymous",
              "action": action}] +
            [{"id": "probe", "on": "process.signal", "operation": "probe", "action": "allow"},
             {"id": "process.pidfd-open", "on": "process.pidfd", "operation": "open",
              "process": "other", "action": "alert"}] +
            [{"id": kind, "on": kind, "process": "other", "action": action} for kind in OTHER] +
            [{"id": kind, "on": kind, "action": action} for kind in KINDS])


def attempt(box, name, action, which="all"):
    scratch = box.dir(f"{name}/d")
    box.write(scratch / "lib", "x" * 4096)
    victim = subprocess.Popen(["sleep", "600"], start_new_session=True)
    box.children.append(victim)
    done = box.run(b.TRIGGERS / "call_ways", which, victim.pid, scratch,
                   rules=rules(action, scratch))
    assert done.rc == 0, done.text
    assert victim.poll() is None
    return done, victim


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "seen", "alert")


@pytest.fixture(scope="module")
def stopped(box):
    return attempt(box, "stopped", "kill")


def alerts_of(done, truth):
    return done.records.alerts(truth["event"], process__pid=truth["pid"])


@pytest.mark.parametrize("way", FORBIDDEN)
def test_seen(seen, way):
    done, victim = seen
    truth = done.truths[way]
    assert truth["done"], truth
    found = alerts_of(done, truth)
    # To take a descriptor, another call comes first: two alerts.
    assert len(found) == (2 if way == "pidfd-getfd" else 1), found
    alert = found[-1]
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert b.get(alert, "rule.id").startswith(truth["event"])
    if truth["event"] in OTHER:
        assert b.get(alert, "call.target.relation") == "other"
        if way != "kill-group":
            assert b.get(alert, "call.target.pid") == victim.pid
    assert b.get(alert, "call.compat") is (True if way.endswith("-32") else None)
    assert b.get(alert, "call.name") and b.get(alert, "call.args")
    if truth["raw"]:
        assert b.get(alert, "file.path") == truth["raw"]


@pytest.mark.parametrize("way", FORBIDDEN)
def test_stopped(stopped, way, guarantee):
    done, _ = stopped
    truth = done.truths[way]
    alert = alerts_of(done, truth)[-1]
    if way == "pidfd-open":
        assert truth["done"]
        return
    assert truth["signal"] == 9 and not truth["done"] and not truth["got"], truth
    inside = truth["event"] in STAYS_INSIDE or way in BEFORE
    assert b.stopped_as(alert, "killed-before-effect" if inside else "killed-after-possible-effect")
    guarantee(f"call.{way}", [alert], happened=truth["done"])


@pytest.mark.parametrize("way", HARMLESS)
def test_harmless(stopped, way):
    done, _ = stopped
    truth = done.truths[way]
    assert truth["done"] and truth["signal"] == 0, truth
    assert not done.records.alerts(process__pid=truth["pid"]), way


def test_signals_in_a_pid_namespace(seen):
    """The numbers there are others: a child is known by the one that its parent sees."""
    done, _ = seen
    truth = done.truths["namespace-kill-child"]
    assert truth["done"] and truth["ret"] == 0
    assert not [r for r in done.records.alerts("process.signal")
                if b.get(r, "call.target.pid") in (2, None)]


def test_what_is_asked_for(seen):
    done, _ = seen
    def operation(way):
        return b.get(alerts_of(done, done.truths[way])[-1], "call.operation")
    assert operation("map-library") == ["file"]
    assert operation("map-writable") == ["anonymous", "writable"]
    assert operation("protect") == ["anonymous", "writable", "mprotect"]
    assert operation("pidfd-getfd") == ["getfd"]


def test_a_library_by_its_path(box):
    """memory.exec names the file that was mapped, not the name that was used."""
    lib = box.write("m/lib.so", "x" * 4096)
    link = box.root / "innocent.so"
    link.symlink_to(lib)
    done = box.run(b.PYTHON, "-c", "import mmap, sys\nf = open(sys.argv[1])\n"
                   "mmap.mmap(f.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | 4)\n"
                   "open('mapped', 'w').close()\n", link,
                   rules=[{"id": "lib", "on": "memory.exec", "path": [str(lib.parent) + "/**"],
                           "action": "kill"}])
    assert done.rc == 137 and not (box.root / "mapped").exists(), done.text
    alert, = done.records.alerts("memory.exec", rule__id="lib")
    assert b.get(alert, "file.path") == str(lib)
    assert b.stopped_as(alert, "killed-before-effect")
