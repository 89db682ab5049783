# SPDX-License-Identifier: Apache-2.0
"""Calls that are judged when they begin: each is seen, and the process that made it is stopped."""

import subprocess

import pytest

import box as b

WAYS = b.ways("call_ways")
HARMLESS = [w for w in WAYS if w.startswith("harmless-")]
FORBIDDEN = [w for w in WAYS if w not in HARMLESS and w != "namespace-kill-child"]
OTHER = ["process.ptrace", "process.memory", "process.pidfd", "process.signal"]
KINDS = ["memory.memfd", "credential.setid", "credential.capset",
         "credential.keyring", "process.prctl", "namespace.create", "namespace.enter",
         "namespace.root", "mount.attach", "mount.detach", "kernel.bpf", "kernel.perf",
         "kernel.userfaultfd", "kernel.module", "kernel.kexec", "kernel.reboot", "kernel.admin"]
# Effects that end with the process. A signal, a mount or a key is there before it dies.
STAYS_INSIDE = {"memory.memfd", "memory.exec", "credential.setid", "credential.capset",
                "process.prctl", "namespace.enter", "kernel.bpf", "kernel.perf",
                "kernel.userfaultfd"}
BEFORE = {"vm-read", "pidfd-getfd", "chroot", "unshare-mount", "unshare-user", "unshare-32",
          "clone-uts", "clone3-user", "open-tree", "move-mount", "fspick", "fsmount"}


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
    # To move a mount, or take a descriptor, another call comes first: two alerts.
    assert len(found) == (2 if way in ("move-mount", "pidfd-getfd") else 1), found
    alert = found[-1]
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert b.get(alert, "rule.id").startswith(truth["event"])
    if truth["event"] in OTHER:
        assert b.get(alert, "call.target.relation") == "other"
        if way != "kill-group":
            assert b.get(alert, "call.target.pid") == victim.pid
    if way.endswith(("-32", "-16")):
        assert b.get(alert, "call.compat") is True
    elif not way.startswith("clone"):
        assert b.get(alert, "call.name") in (way, *way.split("-")) or b.get(alert, "call.args")
    if truth["raw"]:
        assert truth["raw"] in (b.get(alert, "file.path"), b.get(alert, "file.target_path"))


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
    assert b.get(alert, "enforcement.outcome") == (
        "killed-before-effect" if inside else "killed-after-possible-effect")
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
    assert operation("unshare-user") == ["user", "net"]
    assert operation("clone-uts") == ["uts"]
    assert operation("clone3-user") == ["user"]
    assert operation("setns") == ["uts"]
    assert operation("map-library") == ["file"]
    assert operation("map-writable") == ["anonymous", "writable"]
    assert operation("protect") == ["anonymous", "writable", "mprotect"]
    assert operation("setuid") == ["user"]
    assert operation("bpf") == ["prog-load"]
    assert operation("prctl-mm") == ["set-mm"]
    assert operation("pidfd-getfd") == ["getfd"]


def test_a_child_whose_making_was_forbidden(box):
    """clone() with namespaces: the parent dies in it, the child at its first call."""
    done = box.run(b.PYTHON, "-c", "import ctypes, os\n"
                   "pid = ctypes.CDLL(None).syscall(56, 0x04000000 | 17, 0, 0, 0, 0)\n"
                   "open('ran', 'w').close()\n",
                   rules=[{"id": "ns", "on": "namespace.create", "action": "kill"}])
    assert done.rc == 137, done.text
    assert not (box.root / "ran").exists()
    assert done.records.alerts("namespace.create", rule__id="ns")


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
    assert b.get(alert, "enforcement.outcome") == "killed-before-effect"


def test_leaving_the_cgroup(box):
    root = next(line.split()[1] for line in open("/proc/self/mounts")
                if line.split()[2] == "cgroup2")
    group = f"{root}/loadward-e2e-{box.token}"
    subprocess.run(["mkdir", group], check=True)
    try:
        done = box.run(b.PYTHON, "-c", "import sys\nf = open(sys.argv[1] + '/cgroup.procs', 'w')\n"
                       "f.write('0')\nf.flush()\nprint('moved')\n", group,
                       rules=[{"id": "cg", "on": "cgroup.move", "action": "alert"}])
        assert done.rc == 0 and done.out == b"moved\n", done.text
        alert, = done.records.alerts("cgroup.move", rule__id="cg")
        assert b.get(alert, "file.path").endswith(f"loadward-e2e-{box.token}")
        # The network is judged at the root of the hierarchy: there is no leaving that.
        done = box.run(b.PYTHON, "-c", "import socket, sys\n"
                       "open(sys.argv[1] + '/cgroup.procs', 'w').write('0')\n"
                       "try:\n    socket.create_connection((sys.argv[2], 9), 5)\n"
                       "except PermissionError:\n    print('denied')\n", group, b.EXT,
                       rules=[{"id": "net", "on": "net.connect", "cidr": ["0.0.0.0/0"],
                               "action": "deny"}])
        assert done.out == b"denied\n", done.text
    finally:
        b.until(lambda: subprocess.run(["rmdir", group], check=False).returncode == 0, "rmdir")
