# SPDX-License-Identifier: Apache-2.0
"""namespace.create, namespace.enter, cgroup.move: other views of the system."""

import json
import os
import pathlib
import subprocess

import pytest

import box as b
from attempts import Attempts, cgroup_root, is_killed, remove_cgroup

KINDS = ["namespace.create", "namespace.enter", "cgroup.move"]
WAYS = b.ways("ns_ways")
HARMLESS = [w for w in WAYS if w.startswith("harmless-")]
FORBIDDEN = [w for w in WAYS if w not in HARMLESS]
AFTER = ["move-parent", "move-other"]    # others are moved
OPERATIONS = {
    "unshare-mount": ["mount"], "unshare-cgroup": ["cgroup"], "unshare-uts": ["uts"],
    "unshare-ipc": ["ipc"], "unshare-user": ["user"], "unshare-pid": ["pid"],
    "unshare-net": ["net"], "unshare-time": ["time"], "unshare-many": ["mount", "user", "net"],
    "unshare-32": ["uts"], "clone-uts": ["uts"], "clone-mount": ["mount", "ipc"],
    "clone-pid": ["pid"], "clone-vfork": ["net"], "clone3-user": ["user", "net"],
    "clone3-time": ["time"], "clone-32": ["uts"],
    "setns-mount": ["mount"], "setns-cgroup": ["cgroup"], "setns-uts": ["uts"],
    "setns-ipc": ["ipc"], "setns-user": ["user"], "setns-pid": ["pid"], "setns-net": ["net"],
    "setns-typed": ["uts"], "setns-pidfd": ["uts", "net"], "setns-32": ["uts"],
    "setns-unknown": ["mount", "cgroup", "uts", "ipc", "user", "pid", "net", "time"],
    "move-self": ["attach"], "move-parent": ["attach"], "move-other": ["attach"],
    "clone3-cgroup": ["fork"]}


@pytest.fixture(scope="module")
def group(box):
    """A cgroup of the v2 hierarchy, and where that is mounted."""
    path = f"{cgroup_root()}/lw-e2e-{box.token}"
    os.mkdir(path)
    yield path
    remove_cgroup(path)


@pytest.fixture(scope="module")
def victim(box):
    return box.spawn(["sleep", "600"])


def attempts(box, action, group, victim):
    """All kinds; the victim is put back where it was."""
    yield Attempts(box, "ns_ways", KINDS, action, group, victim.pid)
    put_back(victim)


def put_back(victim):
    pathlib.Path(cgroup_root(), "cgroup.procs").write_text(str(victim.pid), encoding="ascii")


@pytest.fixture(scope="module")
def seen(box, group, victim):
    yield from attempts(box, "alert", group, victim)


@pytest.fixture(scope="module")
def stopped(box, group, victim):
    yield from attempts(box, "kill", group, victim)


@pytest.mark.parametrize("way", FORBIDDEN)
def test_seen(seen, way):
    alert = seen.alert(way)
    assert seen.truths[way]["done"]
    assert b.get(alert, "rule.id") == seen.truths[way]["event"]
    assert b.get(alert, "enforcement.outcome") == "alerted"
    if way in OPERATIONS:
        assert b.get(alert, "call.operation") == OPERATIONS[way]
    assert b.get(alert, "call.compat") is (True if way.endswith("-32") and way != "clone-32"
                                           else None)


@pytest.mark.parametrize("way", FORBIDDEN)
def test_stopped(stopped, way, guarantee):
    truth, alert = stopped.truths[way], stopped.alert(way)
    assert truth["signal"] == 9, truth
    # Where the kernel lets nobody kill a child that is being made (before 6.13) it may run.
    outcome = b.get(alert, "enforcement.outcome")
    assert not truth["done"] or outcome == "killed-after-possible-effect"
    guarantee(f"ns.{way}", [alert], happened=truth["got"])
    assert b.stopped_as(alert, "killed-after-possible-effect" if way in AFTER or truth["done"] else
                        "killed-before-effect")


@pytest.mark.parametrize("way", HARMLESS)
@pytest.mark.parametrize("mode", ["seen", "stopped"])
def test_harmless(request, mode, way):
    tried = request.getfixturevalue(mode)
    assert tried.truths[way]["done"] and not tried.alerts(way)


@pytest.mark.parametrize("way", [w for w in WAYS if w.startswith("clone")])
def test_no_child_has_run(seen, stopped, way):
    """It runs when it may, and is dead before its first instruction when it may not."""
    alert = stopped.alert(way)
    assert seen.truths[way]["got"] == 1
    if b.get(alert, "enforcement.outcome") != "killed-after-possible-effect":
        assert stopped.truths[way]["got"] == 0
    if b.get(alert, "enforcement.backend") in b.SECURITY:
        return    # there is no child
    target = b.get(alert, "call.target")
    assert target["relation"] == "loader" and target["pid"] != stopped.truths[way]["pid"]


def test_who_is_moved_and_where_to(seen, group, victim):
    path = f"/{pathlib.Path(group).name}"
    for way in ("move-self", "move-parent", "move-other", "clone3-cgroup"):
        alert = seen.alert(way)
        assert b.get(alert, "file.path") == path
        relation = "other" if way == "move-other" else "loader"
        assert b.get(alert, "call.target.relation") == relation
    assert b.get(seen.alert("move-other"), "call.target.pid") == victim.pid
    assert b.get(seen.alert("move-self"), "call.target.pid") == seen.truths["move-self"]["pid"]


def test_a_cgroup_by_its_path(box, group):
    rules = [{"id": "own", "on": "cgroup.move", "path": [f"/{pathlib.Path(group).name}"],
              "action": "allow"},
             {"id": "cg", "on": "cgroup.move", "action": "kill"}]
    below = pathlib.Path(group, "below")
    below.mkdir()
    try:
        for target, fine in (group, True), (below, False):
            done = box.run(b.TRIGGERS / "ns_ways", "move-self,clone3-cgroup", target,
                           rules=rules)
            # A child that is put there may run before 6.13: its maker dies all the same.
            assert {t["signal"] == 0 for t in done.truths.values()} == {fine}, done.truths
            assert done.truths["move-self"]["done"] == fine
    finally:
        remove_cgroup(below)


def test_moving_others_alone(box, group, victim):
    rules = [{"id": "cg", "on": "cgroup.move", "process": "other", "action": "kill"}]
    done = box.run(b.TRIGGERS / "ns_ways", "move-self,move-other", group, victim.pid,
                   rules=rules)
    assert done.truths["move-self"]["done"] and is_killed(done.truths["move-other"])
    put_back(victim)


def test_a_move_in_an_old_hierarchy(box):
    """Leaving the limits of a v1 controller is a move as well."""
    mounts = [line.split() for line in open("/proc/self/mounts", encoding="utf-8")]
    v1 = [m[1] for m in mounts if m[2] == "cgroup" and "pids" in m[3].split(",")]
    if not v1:
        pytest.skip("cannot: there is no v1 hierarchy here")
    group = f"{v1[0]}/lw-e2e-{box.token}"
    os.mkdir(group)
    try:
        done = box.run(b.PYTHON, "-c", "import sys\n"
                       "open(sys.argv[1] + '/cgroup.procs', 'w').write('0')\nprint('moved')",
                       group, rules=[{"id": "cg", "on": "cgroup.move", "action": "kill"}])
        assert done.rc == 137 and not done.out, done.text
        alert, = done.records.alerts("cgroup.move")
        assert b.get(alert, "call.operation") == ["attach-v1"]
    finally:
        remove_cgroup(group)


def test_moved_by_somebody_else(box, group):
    """A runtime or systemd may: it is recorded, and the loader lives."""
    process, log = box.start(b.PYTHON, "-c", "print('up', flush=True); input()",
                             rules=[{"id": "cg", "on": "cgroup.move", "action": "kill"}],
                             stdin=subprocess.PIPE)
    assert process.stdout.readline() == b"up\n"
    pid = b.read_log(log, live=True).find("loader.start")[0]["process"]["pid"]
    pathlib.Path(group, "cgroup.procs").write_text(str(pid), encoding="ascii")
    done = box.finish(process, log, b"\n")
    assert done.rc == 0 and not done.records.alerts(), done.text
    record, = done.records.find("cgroup.move")
    assert b.get(record, "process.pid") == pid
    assert b.get(record, "call.operation") == ["by-other"]
    assert b.get(record, "call.target.pid") == os.getpid()
    assert b.get(record, "call.target.relation") == "other"


@pytest.mark.parametrize("namespace", [False, True])
def test_network_rules_go_along(box, group, namespace, guarantee):
    """They are attached at the root of the hierarchy: no move and no namespace leaves that."""
    code = ("import ctypes, socket, sys\n"
            "open(sys.argv[1] + '/cgroup.procs', 'w').write('0')\n"
            "namespace = int(sys.argv[2])\n"
            "assert not namespace or ctypes.CDLL(None).unshare(0x02000000) == 0\n"
            "print(open('/proc/self/cgroup').read().splitlines()[-1])\n"
            "try:\n    socket.create_connection((sys.argv[3], 9), 5)\n"
            "except OSError as e:\n    print(e.errno)\n")
    done = box.run(b.PYTHON, "-c", code, group, int(namespace), b.EXT, rules=[
        {"id": "net", "on": "net.connect", "cidr": ["0.0.0.0/0"], "action": "deny"}])
    where, error = done.out.decode().split()
    assert where == ("0::/" if namespace else f"0::/{pathlib.Path(group).name}")
    assert error == "1", done.text
    alert, = done.records.alerts("net.connect")
    guarantee("ns.network-in-cgroup-namespace" if namespace else "ns.network-after-move",
              [alert], happened=False)


def test_namespaces_of_a_candidate(box):
    """Only loaders are judged: what an interpreter does before it opens a model is its own."""
    program = box.dir("own") / "python3"
    program.write_bytes(pathlib.Path(b.PYTHON).read_bytes())
    program.chmod(0o755)
    policy = box.policy([{"id": "ns", "on": ["namespace.*", "cgroup.move"], "action": "kill"}],
                        loaders=[{"id": "py", "exec": [str(program)], "evidence": ["hub-cache"]}])
    with box.daemon(policy) as daemon:
        daemon.warm(program)
        done = box.plain(program, "-c", "import ctypes, json, os, sys\n"
                         "l = ctypes.CDLL(None)\n"
                         "pid = l.syscall(56, 0x04000000 | 17, 0, 0, 0, 0)\n"
                         "pid or os._exit(7)\n"
                         "print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]),"
                         " l.unshare(0x08000000)]))\n")
        assert json.loads(done.out) == [7, 0], done.text
        assert not daemon.records.alerts()
