# SPDX-License-Identifier: Apache-2.0
"""kill-loader ends every process of the tree, also those that make no system call any more."""

import os
import pathlib
import subprocess

import pytest

import box as b

TREE = """
import os, signal, sys, time
n, secret, pids = int(sys.argv[1]), sys.argv[2], []
r, w = os.pipe()
for i in range(n):
    pid = os.fork()
    if pid == 0:
        if i % 3 == 1:
            os.setsid()
        if i % 3 == 2 and os.fork():
            os._exit(0)
        os.write(w, b'%d ' % os.getpid())
        signal.pause() if i % 2 else time.sleep(600)
        os._exit(0)
    if i % 3 == 2:
        os.waitpid(pid, 0)
text = b''
while text.count(b' ') < n:
    text += os.read(r, 65536)
print(text.decode(), flush=True)
open(secret)
print('survived', flush=True)
"""


def ended(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def tree(box, n, *wrapper):
    secret = box.write("tree/secret", "x")
    done = box.run(*wrapper, b.PYTHON, "-c", TREE, n, secret, rules=[
        {"id": "secret", "on": "file.open", "path": [str(secret)], "action": "kill-loader"}])
    assert done.rc == 137 and b"survived" not in done.out, done.text
    pids = [int(p) for p in done.out.split()]
    assert len(pids) == n and all(ended(p) for p in pids)
    end, = done.records.find("loader.end")
    # The root as well.
    assert b.get(end, "loader.stopped.processes") == n + 1
    assert b.get(end, "loader.stopped.duration") > 0
    return done


@pytest.mark.parametrize("n", [1, 50, 500])
def test_all_of_it(box, n):
    done = tree(box, n)
    assert not done.records.find("monitor.kill")


def test_in_a_cgroup_of_its_own(box):
    root = next(line.split()[1] for line in open("/proc/self/mounts")
                if line.split()[2] == "cgroup2")
    group = f"{root}/loadward-e2e-{box.token}"
    os.makedirs(f"{group}/below")
    try:
        done = tree(box, 20, "/bin/sh", "-c", f"echo $$ > {group}/cgroup.procs; exec \"$@\"", "sh")
        note, = done.records.find("monitor.kill")
        assert b.get(note, "monitor.detail") == "cgroup.kill"
    finally:
        for d in (f"{group}/below", group):
            b.until(lambda x=d: subprocess.run(["rmdir", x], check=False).returncode == 0, "rmdir")


def test_a_cgroup_with_others_in_it(box):
    """Somebody else's process is not killed: the tree is, one by one."""
    root = next(line.split()[1] for line in open("/proc/self/mounts")
                if line.split()[2] == "cgroup2")
    group = f"{root}/loadward-e2e-{box.token}-shared"
    os.mkdir(group)
    other = box.spawn(["sh", "-c", f"echo $$ > {group}/cgroup.procs; echo in; exec sleep 600"])
    other.stdout.readline()
    try:
        done = tree(box, 5, "/bin/sh", "-c", f"echo $$ > {group}/cgroup.procs; exec \"$@\"", "sh")
        assert not done.records.find("monitor.kill") and other.poll() is None
    finally:
        other.kill()
        other.wait()
        b.until(lambda: subprocess.run(["rmdir", group], check=False).returncode == 0, "rmdir")
