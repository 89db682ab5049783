# SPDX-License-Identifier: Apache-2.0
"""Broken surroundings and hostile loaders: a clear error or a counted gap; nothing stays behind."""

import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

import box as b

STORM = b.TRIGGERS / "storm"
OPENS = int(os.environ.get("LOADWARD_E2E_OPENS", "200000"))


def lost(records):
    """What the log itself says is missing."""
    total = 0
    for gap in records.find("monitor.gap"):
        text = json.dumps(gap)
        total += sum(int(n) for n in re.findall(r'"(?:lost|dropped|count)": *"?(\d+)', text))
    return total


def mount(box, name, options):
    where = box.dir(name)
    b.sh(f"mount -t tmpfs -o {options} none {where}")
    return where


# ------------------------------------------------------------------ the log directory
def test_log_without_a_parent(box):
    done = box.run("/bin/echo", "ran", log=box.root / "no" / "such" / "parent")
    assert done.rc == 125 and b"ran" not in done.out
    assert "parent" in done.text


def test_log_is_a_file(box):
    done = box.run("/bin/echo", "ran", log=box.write("a-file", ""))
    assert done.rc == 125 and b"ran" not in done.out


def test_log_is_read_only(box):
    where = mount(box, "readonly", "ro,size=1m")
    done = box.run("/bin/echo", "ran", log=where)
    assert done.rc == 125 and b"ran" not in done.out
    assert "ead-only" in done.text


def test_log_has_one_writer(box):
    log = box.new("log")
    process, _ = box.start(STORM, "wait", log=log)
    process.stdout.readline()
    second = box.run("/bin/echo", "ran", log=log)
    assert second.rc == 125 and b"ran" not in second.out
    process.terminate()
    box.finish(process, log)
    assert box.run("/bin/true", log=log).rc == 0    # and what is there is kept
    assert len(b.read_log(log).find("monitor.start")) == 2


def test_full_disk(box):
    """Telemetry goes first; a violation after it is still written; and the log says so."""
    where = mount(box, "small", "size=512k")
    path, secret = box.write("full/file", "x"), box.write("full/secret", "x")
    done = box.run("/bin/sh", "-c", f"{STORM} opens 20000 {path}; /bin/cat {secret}", log=where,
                   record=["file.open"], rules=[
                       {"id": "secret", "on": "file.open", "path": [str(secret)],
                        "action": "alert"}])
    assert done.rc == 0, done.text
    records = done.records
    assert len(records.alerts("file.open", rule__id="secret")) == 1
    opens = len(records.find("file.open", file__path=str(path)))
    assert 0 < opens < 20000
    assert "space" in done.text.lower() or "full" in done.text.lower()


def test_disk_that_was_full_before(box):
    where = mount(box, "filled", "size=64k")
    with open(where / "filler", "wb", buffering=0) as f, pytest.raises(OSError):
        while True:
            f.write(bytes(4096))
    done = box.run("/bin/true", log=where)
    assert done.rc in (0, 125)
    assert "space" in done.text.lower() or "full" in done.text.lower(), done.text


# ------------------------------------------------------------------ the system
def in_namespace(box, prepare, *command):
    return box.plain("unshare", "-m", "sh", "-c", f"{prepare} || exit 99; exec \"$@\"", "sh",
                     *command)


def test_no_btf(box):
    done = in_namespace(box, "mount --bind /dev/null /sys/kernel/btf/vmlinux", b.LOADWARD, "run",
                        "--policy", box.policy([]), "--", "/bin/echo", "ran")
    assert done.rc == 125, done.text
    assert b"ran" not in done.out
    assert "btf" in done.text.lower()


def test_root_without_capabilities(box):
    done = box.plain("setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "sh", "-c",
                     "exec \"$@\"", "sh", b.LOADWARD, "run", "--policy", box.policy([]), "--",
                     "/bin/echo", "ran")
    assert done.rc == 125, done.text
    assert b"ran" not in done.out and "CAP_BPF" in done.text, done.text


# ------------------------------------------------------------------ hostile loaders
def test_ten_thousand_children(box):
    done = box.run(STORM, "forks", "10000", record=["process.fork", "process.exit"], patience=180)
    assert done.rc == 0 and json.loads(done.out)["forks"] == 10000
    records = done.records
    pid = json.loads(done.out)["pid"]
    forks = len(records.find("process.fork", process__pid=pid))
    ends = len(records.find("process.exit"))
    assert forks + ends + lost(records) >= 20000, (forks, ends, lost(records))
    assert len(records.find("loader.end")) == 1


def test_many_opens(box):
    path = box.write("opens/file", "x")
    done = box.run(STORM, "opens", OPENS // 2, path, "2", record=["file.open"], patience=600)
    assert done.rc == 0, done.text
    records = done.records
    seen = len(records.find("file.open", file__path=str(path)))
    assert seen + lost(records) >= OPENS, (seen, lost(records))
    assert seen <= OPENS


def test_violations_are_not_lost(box):
    """Two threads as fast as they can: every one of them is in the log, telemetry or not."""
    path = box.write("storm/file", "x")
    done = box.run(STORM, "opens", "5000", path, "2", record=["file.open"], patience=300, rules=[
        {"id": "w", "on": "file.open", "path": [str(path)], "action": "alert"}])
    assert done.rc == 0, done.text
    assert len(done.records.alerts("file.open", rule__id="w")) == 10000


def test_dies_inside_a_call(box):
    fifo = box.root / "fifo"
    os.mkfifo(fifo)
    done = box.run(STORM, "die", fifo, record=["file.open", "process.exit"])
    truth = json.loads(done.out)
    assert done.rc == 0 and truth["signal"] == 9
    end, = done.records.find("process.exit", process__pid=truth["died"])
    assert b.get(end, "process.exit_code") == 137


DEEP = """
import os, sys
levels, name = int(sys.argv[2]), sys.argv[3]
os.chdir(sys.argv[1])
for i in range(levels):
    if not os.path.exists("d" * 200): os.mkdir("d" * 200)
    os.chdir("d" * 200)
if not os.path.exists(name): os.close(os.open(name, os.O_WRONLY | os.O_CREAT))
print("made", flush=True)
os.close(os.open("./" * ((4095 - len(name)) // 2) + name, os.O_RDONLY))
print("read")
"""


@pytest.mark.parametrize("levels", [1, 18, 24, 38])
def test_long_paths(box, levels):
    """Names of 4,095 bytes, and files whose path is longer than any name may be."""
    where = box.dir("deep")
    done = box.run(b.PYTHON, "-c", DEEP, where, levels, "secret.key", rules=[
        {"id": "key", "on": "file.open", "path": [f"{where}/**/*.key"], "access": ["read"],
         "action": "kill"}])
    assert done.rc == 137 and done.out == b"made\n", done.text
    alert, = done.records.alerts("file.open")
    assert b.get(alert, "file.path") == f"{where}/" + ("d" * 200 + "/") * levels + "secret.key"


def test_a_path_too_long_to_resolve(box):
    """Nothing can be said of it, so that is what is said."""
    where = box.dir("abyss")
    done = box.run(b.PYTHON, "-c", DEEP, where, 45, "secret.key", rules=[
        {"id": "key", "on": "file.open", "path": ["/**/*.key"], "action": "kill"}])
    alerts = done.records.alerts("file.open")
    assert alerts and {b.get(a, "rule.id") for a in alerts} == {"unresolved"}


# ------------------------------------------------------------------ what stays behind
def bpf_objects(pid):
    """Ids of the programs, maps and links that a process holds."""
    held = set()
    for info in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            text = info.read_text()
        except OSError:
            continue
        held |= set(re.findall(r"^(prog_id|map_id|link_id):\t(\d+)", text, re.M))
    return held


def there(kind, number):
    word = {"prog_id": "prog", "map_id": "map", "link_id": "link"}[kind]
    return subprocess.run(["bpftool", word, "show", "id", number], capture_output=True,
                          check=False).returncode == 0


def pins():
    return {str(p) for p in pathlib.Path("/sys/fs/bpf").rglob("*") if "loadward" in p.name or
            p.name.startswith("lw_")}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_dead_daemon_leaves_nothing(box, how):
    before = pins()
    with box.daemon(box.policy([], loaders=[
            {"id": "l", "exec": [str(STORM)], "tag": "loader"}])) as daemon:
        loader = box.spawn([STORM, "wait"])
        loader.stdout.readline()
        b.until(lambda: daemon.status()["hooks"]["syscall_attached"], "the hooks")
        held = bpf_objects(daemon.process.pid)
        assert len(held) > 20
        daemon.process.send_signal(how)
        daemon.process.wait()
    b.until(lambda: not any(there(*o) for o in held), "the kernel to let go")
    assert pins() == before
    assert daemon.records.find("monitor.start")    # what was recorded is whole
    loader.kill()


def test_run_that_is_killed(box):
    path = box.write("killed-run/file", "x")
    process, log = box.start(b.PYTHON, "-uc", "import sys\nopen(sys.argv[1])\nprint('did')\n"
                             "sys.stdin.read()", path, stdin=subprocess.PIPE, rules=[
                                 {"id": "w", "on": "file.open", "path": [str(path)],
                                  "action": "alert"}])
    assert process.stdout.readline() == b"did\n"
    b.until(lambda: b.read_log(log, live=True).alerts("file.open", rule__id="w"), "the alert")
    held = bpf_objects(process.pid)
    process.kill()
    process.wait()
    b.until(lambda: not any(there(*o) for o in held), "the kernel to let go")
    assert len(b.read_log(log).alerts("file.open", rule__id="w")) == 1


def test_a_daemon_starts_again_after_a_crash(box):
    policy, log = box.policy([]), box.new("log")
    with box.daemon(policy, log=log) as first:
        control = first.control
        first.process.kill()
        first.process.wait()
    assert control.exists()    # the dead one could not take it away
    done = box.plain(b.LOADWARD, "status", "--control", control)
    assert done.rc == 1
    with box.daemon(policy, log=log) as second:
        assert second.status()["pid"] == second.process.pid
    assert len(b.read_log(log).find("monitor.start")) == 2


def test_a_path_too_long_to_resolve_is_told(box):
    """Longer than the kernel side can hold: an alert for the open, and a gap that says why."""
    done = box.run(b.PYTHON, "-c", "import os, sys\nos.chdir(sys.argv[1])\n"
                   "for i in range(45):\n    os.mkdir('d' * 200); os.chdir('d' * 200)\n"
                   "open('f', 'w').close()\n", box.new("deep"))
    assert done.rc == 0, done.text
    assert done.records.alerts("file.open", rule__id="unresolved")
    gap, = done.records.find("monitor.gap")
    assert "too long" in b.get(gap, "monitor.reason") and b.get(gap, "monitor.lost") >= 1
