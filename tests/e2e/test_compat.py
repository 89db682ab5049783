# SPDX-License-Identifier: Apache-2.0
"""32-bit and x32 entries: their use is an event, and what is done through them is judged."""

import json
import os
import shutil
import signal
import socket

import pytest

import box as b

WAYS = b.ways("compat_ways")
FILES = ["open", "openat", "openat2", "creat", "symlink", "handle", "program"]
FAIL = ["missing"]
SOCKETS = ["connect", "socketcall", "unix", "unix-symlink", "unix-socketcall", "packet",
           "packet-socketcall", "listen"]
EFFECTS = FILES + ["unlink", "execve"] + SOCKETS
ENTRIES = ["getpid", "flood", "x32"]
ALERT = [{"id": "compat", "on": "syscall.compat", "action": "alert"}]
KILL = [{"id": "compat", "on": "syscall.compat", "action": "kill"}]


def rules(base, action="kill"):
    return [{"id": "secret", "on": ["file.open", "file.unlink", "process.exec"], "action": action,
             "path": [f"{base}/*/secret/*"]},
            {"id": "socket", "on": "net.connect", "path": [f"{base}/sock"], "action": action},
            {"id": "address", "on": "net.connect", "cidr": [f"{b.EXT}/32"], "action": action},
            {"id": "packet", "on": "net.socket", "protocol": "packet", "action": action},
            {"id": "listen", "on": "net.listen", "cidr": ["0.0.0.0/0"], "action": action}]


def attempt(box, name, ways, rule, mode="enforce", **k):
    base = box.dir(name)
    for way in WAYS:
        file = box.write(base / way / "secret" / "file", f"SECRET {box.token}\n", 0o755)
        (base / way / "scratch").mkdir()
        if way == "execve":
            shutil.copy("/bin/true", file)
    os.symlink(base / "sock", base / "alias")
    with b.Sink(socket.AF_UNIX, socket.SOCK_STREAM, str(base / "sock")) as unix, \
         b.Sink(socket.AF_INET, socket.SOCK_STREAM, (b.EXT, 0)) as inet:
        done = box.run(b.TRIGGERS / "compat_ways", ",".join(ways), base, inet.port,
                       rules=rule(base), mode=mode, **k)
        for family, address in ((socket.AF_UNIX, str(base / "sock")),
                                (socket.AF_INET, (b.EXT, inet.port))):
            with socket.socket(family) as s:
                s.connect(address)
                s.sendall(b"<end>")
        unix.got(b"<end>")
        inet.got(b"<end>")
    if done.rc == 77:
        pytest.skip(done.text)
    assert done.rc == 0, done.text
    return done, base, unix.data + inet.data


def happened(base, truth):
    way = truth["way"]
    if way == "unlink":
        return not (base / way / "secret" / "file").exists()
    if way == "creat":
        return (base / way / "secret" / "file").read_text() == ""
    if way in ("program", "execve"):    # what runs then says it by its exit status
        return truth["exit"] == (1 if way == "program" else 0)
    return bool(truth["got"])


@pytest.fixture(scope="module")
def killed(box):
    """A policy that lets such a process live: each effect is judged as if it had come natively."""
    return attempt(box, "killed", EFFECTS + FAIL, lambda base: rules(base) + ALERT)


@pytest.fixture(scope="module")
def seen(box):
    return attempt(box, "seen", EFFECTS + FAIL + ENTRIES, lambda base: rules(base) + ALERT,
                   mode="observe")


def alerts_of(done, truth):
    return done.records.alerts(truth["event"], process__pid=truth["pid"])


@pytest.mark.parametrize("way", EFFECTS)
def test_judged_like_the_native_call(killed, way, guarantee):
    done, base, _ = killed
    truth = done.truths[way]
    assert truth["signal"] == 9 and not truth["done"], truth
    alert = alerts_of(done, truth)[-1]
    guarantee(f"compat.{way}", alerts_of(done, truth), happened(base, truth))
    after = way in ("unlink", "unix-symlink", "unix-socketcall", "listen")
    denied = way in ("connect", "socketcall", "unix") or truth["event"] in ("file.open",
                                                                            "process.exec")
    assert b.stopped_as(alert, "denied" if denied else "killed-after-possible-effect" if after
                        else "killed-before-effect")


@pytest.mark.parametrize("way", EFFECTS)
def test_seen_once(seen, way):
    done, base, _ = seen
    truth = done.truths[way]
    assert happened(base, truth), truth
    alert, = alerts_of(done, truth)
    assert b.get(alert, "enforcement.outcome") == "alerted"
    # What no system call hook sees does not know how it came.
    hooked = way in ("execve", "connect", "socketcall", "unix")
    # Security hooks do, and unix sockets have no hook of their own before 6.7.
    if not hooked or (b.get(alert, "enforcement.backend") == "cgroup"):
        assert b.get(alert, "event.entry") == (None if hooked else "compat")
    if truth["event"].startswith(("file", "process")):
        assert b.get(alert, "file.path") == str(base / way / "secret" / "file")
    used, = done.records.alerts("syscall.compat", process__pid=truth["pid"])
    assert b.get(used, "rule.id") == "compat"


@pytest.mark.parametrize("run", ["killed", "seen"])
def test_a_failed_open_is_told(request, run):
    done, base, _ = request.getfixturevalue(run)
    truth = done.truths["missing"]
    alert, = alerts_of(done, truth)
    assert truth["done"] and b.get(alert, "error.code") == "ENOENT"
    assert b.get(alert, "enforcement.outcome") == "failed"
    assert b.get(alert, "file.path") == str(base / "missing" / "secret" / "missing")


def test_no_byte_through_a_socket(killed, seen):
    assert b"EXFIL" not in killed[2]
    assert seen[2].count(b"EXFIL") == 5


@pytest.mark.parametrize("way", ENTRIES)
def test_one_event_for_one_task(seen, way):
    """flood makes a thousand calls."""
    done, _, _ = seen
    truth = done.truths[way]
    assert truth["done"]
    assert len(done.records.alerts("syscall.compat", process__pid=truth["pid"])) == 1


def test_x32_is_seen_where_the_kernel_has_none(seen):
    done, base, _ = seen
    truth = done.truths["x32"]
    if not truth["errno"]:
        pytest.skip("cannot: this kernel has x32")
    assert os.strerror(truth["errno"]) == "Function not implemented"
    tried, = done.records.alerts("file.open", process__pid=truth["pid"])
    assert b.get(tried, "error.code") == "ENOSYS"
    assert b.get(tried, "file.path") == str(base / "x32" / "secret" / "file")


# ---------------------------------------------------------------------- the entry is forbidden
@pytest.fixture(scope="module")
def forbidden(box):
    return attempt(box, "forbidden", WAYS, lambda base: rules(base) + KILL)


@pytest.mark.parametrize("way", WAYS)
def test_the_first_use_is_the_last(forbidden, way, guarantee):
    done, base, _ = forbidden
    truth = done.truths[way]
    assert truth["signal"] == 9 and not truth["done"], truth
    used, = done.records.alerts("syscall.compat", process__pid=truth["pid"])
    assert b.get(used, "enforcement.outcome") == "killed-after-possible-effect"
    if way in ENTRIES:
        guarantee(f"compat.{way}", [used], truth["got"])


@pytest.mark.parametrize("way", ["open", "openat", "openat2", "missing", "x32"])
def test_what_was_tried_is_told(forbidden, way, column):
    """The end of the call is not seen then: its name is judged when it begins, or, where security
    hooks run, the file itself, if there is one."""
    done, base, _ = forbidden
    truth = done.truths[way]
    if way == "missing" and column["rung"] < 3:
        assert not done.records.alerts("file.open", process__pid=truth["pid"])
        return
    alert, = done.records.alerts("file.open", process__pid=truth["pid"])
    assert b.get(alert, "rule.id") == "secret"
    assert b.get(alert, "file.path").startswith(str(base / way / "secret"))
    assert b.get(alert, "event.outcome") == "failure"


def test_allowed_and_silent(box):
    """A 32-bit program whose policy allows it, and that touches nothing."""
    done, _, _ = attempt(box, "allowed", ["program", "getpid", "connect"], lambda base: [
        {"id": "compat", "on": "syscall.compat", "action": "allow"}])
    assert not done.records.alerts()
    assert done.truths["program"]["exit"] == 1


# ---------------------------------------------------------------------- what it costs
ENTER, EXIT = "tp_btf/sys_enter", "tp_btf/sys_exit"


def test_the_second_hook_only_where_it_is_needed(box):
    """It costs every task something: attached while such a process may live on."""
    program = box.new("interpreter") / "python3"    # of our own: no other Python is a candidate
    shutil.copy(os.path.realpath(b.PYTHON), program)
    file = box.policy(rules(box.root) + KILL, loaders=[{"id": "python", "exec": [str(program)]}])
    with box.daemon(file) as daemon:
        def costly(want):
            return b.until(lambda: daemon.status()["hooks"]["every_task"] == want, want)
        costly([])
        daemon.warm(program)
        costly([ENTER])
        assert daemon.ask("mode", "observe").returncode == 0
        costly([ENTER, EXIT])
        assert f"pays for {EXIT}" in daemon.ask("status").stdout
        assert daemon.ask("mode", "enforce").returncode == 0
        costly([ENTER])
        text = json.loads(file.read_text())
        text["rules"][-1]["action"] = "alert"
        box.write(file, json.dumps(text))
        daemon.process.send_signal(signal.SIGHUP)
        costly([ENTER, EXIT])


def test_doctor_tells_what_every_task_pays_for(box):
    done = box.plain(b.LOADWARD, "doctor")
    lines = [x for x in done.out.decode().splitlines() if ENTER in x or EXIT in x]
    assert len(lines) == 2 and all("every task pays" in x for x in lines), lines
