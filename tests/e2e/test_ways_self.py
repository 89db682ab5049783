# SPDX-License-Identifier: Apache-2.0
"""Ways to silence the monitor that are told by their own effect, beside those of test_self.py. The
policy allows everything: what stops a loader is built in."""

import contextlib
import json
import os
import pathlib
import resource

import pytest

import box as b
from loader import Shared
from test_self import Own, segment

LIBC = "import ctypes, resource; l = ctypes.CDLL(None, use_errno=True)\n"


@contextlib.contextmanager
def daemon(box):
    """And its log by descriptor, wherever the name goes."""
    with Own(box) as one:
        one.fd = os.open(segment(one), os.O_RDONLY)
        yield one
        os.close(one.fd)


@pytest.fixture(scope="module")
def shared(box):
    one = Shared(lambda: daemon(box))
    yield one
    one.spoil()


@pytest.fixture
def own(shared, guarantee):
    """A daemon on which no way has had its effect yet."""
    one, unharmed = shared.get(), []

    def measure(way, told, happened, undone=False):
        guarantee(way, told, happened)
        unharmed.append(undone or not happened)
    one.guarantee = measure
    yield one
    if unharmed != [True]:
        shared.spoil()


def alerts(own, done):
    def ended():
        lines = os.pread(own.fd, 1 << 26, 0).lstrip(b"\0").split(b"\n")[:-1]
        records = b.Records(json.loads(line) for line in lines)
        return records if records.find("loader.end", process__pid=done.pid) else None
    return b.until(ended, "the loader's end").alerts(process__pid=done.pid)


LOG = {
    "log-truncate-name": ("os.truncate(p[0], 0)", lambda f, s: f.stat().st_size < s),
    "log-unlink": ("os.unlink(p[0])", lambda f, s: not f.exists()),
    "log-rename": ("os.rename(p[0], p[0] + '.old')", lambda f, s: not f.exists()),
    "log-rename-directory": ("d = os.path.dirname(p[0]); os.rename(d, d + '.old')",
                             lambda f, s: not f.exists()),
    "log-chmod": ("os.chmod(p[0], 0o777)", lambda f, s: f.stat().st_mode & 0o777 == 0o777),
    "log-link": ("os.link(p[0], p[1] + '/link')", lambda f, s: f.stat().st_nlink > 1),
    "log-exchange": (LIBC + "open(p[1] + '/x', 'w').close()\n"
                     "l.renameat2(-100, p[0].encode(), -100, (p[1] + '/x').encode(), 2)",
                     lambda f, s: f.stat().st_size < s),
}


@pytest.mark.parametrize("way", LOG)
def test_the_log(own, way):
    code, effect = LOG[way]
    file = segment(own)
    size = file.stat().st_size
    assert size and not effect(file, size)
    done = own.attempt(code, file, own.box.new("elsewhere"))
    own.guarantee(f"self.{way}", alerts(own, done), happened=effect(file, size))


def cgroup(pid):
    return [line for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()
            if line.startswith("0::")]


# What is changed from outside, how it is read, and how it is undone.
MONITOR = {
    "limits": ("resource.prlimit(int(p[0]), resource.RLIMIT_CORE, (0, 4096))",
               lambda pid: resource.prlimit(pid, resource.RLIMIT_CORE),
               lambda pid, was: resource.prlimit(pid, resource.RLIMIT_CORE, was)),
    "priority": ("os.setpriority(os.PRIO_PROCESS, int(p[0]), 19)",
                 lambda pid: os.getpriority(os.PRIO_PROCESS, pid),
                 lambda pid, was: os.setpriority(os.PRIO_PROCESS, pid, was)),
    "affinity": ("os.sched_setaffinity(int(p[0]), {0})", os.sched_getaffinity,
                 os.sched_setaffinity),
    "scheduler": ("os.sched_setscheduler(int(p[0]), os.SCHED_IDLE, os.sched_param(0))",
                  os.sched_getscheduler,
                  lambda pid, was: os.sched_setscheduler(pid, was, os.sched_param(0))),
    "cgroup": ("open(p[1] + '/cgroup.procs', 'w').write(p[0])", cgroup,
               lambda pid, was: (b.cgroup_root() / "cgroup.procs").write_text(str(pid))),
    "oom-score": ("open('/proc/' + p[0] + '/oom_score_adj', 'w').write('1000')",
                  lambda pid: pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text(),
                  lambda pid, was: pathlib.Path(f"/proc/{pid}/oom_score_adj").write_text(was)),
}


@pytest.mark.parametrize("way", MONITOR)
def test_the_process(own, way):
    code, look, undo = MONITOR[way]
    pid = own.daemon.process.pid
    if way == "limits":
        resource.prlimit(pid, resource.RLIMIT_CORE, (4096, 4096))
    with b.other_cgroup() as other:
        before = look(pid)
        done = own.attempt(LIBC + code, pid, other)
        after = look(pid)
        undo(pid, before)
    own.guarantee(f"self.{way}", alerts(own, done), happened=after != before, undone=True)


def test_killed(own, column):
    """Where no hook denies the signal it arrives: from then on nothing is enforced and nothing is
    written."""
    done = own.attempt("os.kill(int(p[0]), 9)", own.daemon.process.pid)
    assert done.rc == -9
    if column["rung"] == 3:
        b.until(lambda: own.daemon.process.poll() is not None, "the end of the daemon")
        lines = os.pread(own.fd, 1 << 26, 0).split(b"\n")[:-1]
        told = b.Records(json.loads(line) for line in lines).alerts(process__pid=done.pid)
    else:
        told = alerts(own, done)
    own.guarantee("self.killed", told, happened=own.daemon.process.poll() is not None)
