# SPDX-License-Identifier: Apache-2.0
"""Files that rules name are denied before they are opened, and nobody waits for ever."""

import contextlib
import json
import os
import signal
import subprocess

import pytest

import box as b

# What is tried, and what the file must hold afterwards: what it held before.
USES = {
    "read": "os.O_RDONLY",
    "write": "os.O_WRONLY",
    "read-write": "os.O_RDWR",
    "append": "os.O_WRONLY | os.O_APPEND",
    "truncate": "os.O_WRONLY | os.O_TRUNC",
    "create-existing": "os.O_WRONLY | os.O_CREAT | os.O_TRUNC",
    "truncate-readonly": "os.O_RDONLY | os.O_TRUNC",
}
OPEN = """
import os, sys
try:
    fd = os.open({path!r}, {use})
except OSError as e:
    print(e.errno, flush=True)
else:
    print(0, os.read(fd, 99) if {reads} else os.write(fd, b'PLANTED'), flush=True)
"""


def opening(path, use):
    return OPEN.format(path=str(path), use=use, reads="O_RDONLY" in use)


def deny(*paths, action="deny", **k):
    return {"id": "no", "on": "file.open", "path": [str(p) for p in paths], "action": action, **k}


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("use", USES)
def test_denied_whatever_for(box, use, below, guarantee):
    file = box.write(box.new("uses") / "dir" / "file", f"SECRET {box.token}\n")
    done = box.run(b.PYTHON, "-c", opening(file, USES[use]),
                   rules=[deny(f"{file.parent}/**" if below else file)])
    alert, = done.records.alerts()
    word = guarantee(f"fanotify.{use}{'-below' if below else ''}", [alert],
                     happened=b"SECRET" in done.out or box.token not in file.read_text())
    assert word == "denied"
    # The process lives, and has been told.
    assert done.rc == 0 and done.out == b"1\n"
    assert b.get(alert, "event.action") == "file.open"
    assert b.get(alert, "rule.id") == "no"
    assert b.get(alert, "enforcement.backend") == "fanotify"
    assert b.get(alert, "enforcement.strength") == "as-asked"
    assert b.get(alert, "error.code") == "EPERM"
    assert b.get(alert, "file.path") == b.get(alert, "file.path_raw") == str(file)
    assert int(b.get(alert, "file.inode")) == file.stat().st_ino
    assert ("write" in b.get(alert, "file.access")) == (use != "read")
    assert b.get(alert, "process.executable").startswith("/usr/bin/python3")
    assert b.get(alert, "process.args")[1] == "-c"
    assert b.get(alert, "event.syscall") == 257


def test_the_process_is_killed_where_the_rule_says_so(box):
    file = box.write(box.new("kill") / "file", "SECRET\n")
    done = box.run(b.PYTHON, "-c", opening(file, USES["truncate"]),
                   rules=[deny(file, action="kill")])
    assert done.rc == 137 and not done.out
    alert, = done.records.alerts()
    assert b.get(alert, "enforcement.outcome") == "denied"
    assert file.read_text() == "SECRET\n"


def test_kill_loader_ends_the_tree(box):
    file = box.write(box.new("tree") / "file", "SECRET\n")
    done = box.run("/bin/sh", "-c", f"sleep 1000 & cat {file}",
                   rules=[deny(file, action="kill-loader")])
    assert b"SECRET" not in done.out    # and `run` has not waited for the sleep
    alert, = done.records.alerts()
    assert b.get(alert, "enforcement.outcome") == "denied"


def test_a_new_file_is_made_before_anybody_is_asked(box, guarantee):
    """O_CREAT has made it: its maker is killed when the call returns, and nothing is written."""
    base = box.new("new")
    done = box.run(b.PYTHON, "-c", opening(base / "file", USES["create-existing"]),
                   rules=[deny(f"{base}/**")])
    alert, = done.records.alerts()
    word = guarantee("fanotify.create-new", [alert], happened=(base / "file").exists())
    assert word == "killed-after-possible-effect" and done.rc == 137
    assert (base / "file").read_text() == ""


@pytest.mark.parametrize("rule", ["{program}", "{dir}/*"])
def test_a_program_is_denied(box, rule, guarantee):
    program = box.write(box.new("exec") / "prog", "#!/bin/sh\necho ran\n", 0o755)
    # Of the loader's first process a start is the operator's own, as long as it has loaded nothing.
    code = (f"import subprocess\ntry: subprocess.run([{str(program)!r}])\n"
            "except OSError as e: print(e.errno)")
    done = box.run(b.PYTHON, "-c", code, rules=[
        {"id": "prog", "on": "process.exec", "action": "deny",
         "path": [rule.format(program=program, dir=program.parent)]}])
    assert done.out == b"1\n"
    alert, = done.records.alerts()
    guarantee("fanotify.exec" if "*" not in rule else "fanotify.exec-glob", [alert],
              happened=b"ran" in done.out)
    assert b.get(alert, "event.action") == "process.exec"
    assert b.get(alert, "file.path") == str(program)
    # It is the caller that was refused, not the program that ran.
    assert b.get(alert, "process.executable").startswith("/usr/bin/python3")


def test_a_start_is_no_open_to_the_rules(box):
    """The kernel asks about both; only rules on process.exec are for a start."""
    program = box.dir("start") / "true"
    program.write_bytes(open("/bin/true", "rb").read())
    program.chmod(0o755)
    done = box.run("/bin/sh", "-c", f"{program} && echo ran; cat {program}", rules=[deny(program)])
    assert done.out == b"ran\n"
    alert, = done.records.alerts()
    assert b.get(alert, "process.args") == ["cat", str(program)]


def test_the_dynamic_loader_still_starts_programs(box):
    """It is opened for every start, but only as a program it is what the rule means."""
    done = box.run("/bin/sh", "-c", "/bin/echo fine", rules=[
        {"id": "ld", "on": "process.exec", "path": ["/lib64/ld-linux*", "/usr/lib/**/ld-linux*",
                                                    "/lib/ld-linux*"], "action": "deny"}])
    assert done.out == b"fine\n" and not done.records.alerts()


def test_what_depends_on_the_use_is_left_to_the_end_of_the_call(box):
    file = box.write(box.new("use") / "file", "text\n")
    done = box.run("/bin/sh", "-c", f"cat {file}; echo x >>{file}; echo lived",
                   rules=[deny(file, access=["write"])])
    assert done.out == b"text\n" and done.rc == 137
    alert, = done.records.alerts()
    assert b.get(alert, "enforcement.backend") == "tracepoint"
    assert b.get(alert, "enforcement.outcome") == "killed-before-effect"


def test_first_match_wins_here_too(box):
    base = box.new("first")
    one, other = box.write(base / "one", "fine\n"), box.write(base / "other", "SECRET\n")
    done = box.run("/bin/cat", one, other, rules=[
        {"id": "but", "on": "file.open", "path": [str(one)], "action": "allow"},
        deny(f"{base}/**")])
    assert done.out == b"fine\n"
    assert len(done.records.alerts()) == 1


def test_observe_asks_nobody(box):
    file = box.write(box.new("observe") / "file", "text\n")
    done = box.run("/bin/cat", file, mode="observe", rules=[deny(file)])
    assert done.out == b"text\n"
    alert, = done.records.alerts()
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert b.get(alert, "enforcement.backend") == "tracepoint"


def test_switched_off(box):
    file = box.write(box.new("off") / "file", "SECRET\n")
    done = box.run("/bin/cat", file, options=["--no-fanotify"], rules=[deny(file)])
    assert done.rc == 137 and b"SECRET" not in done.out
    alert, = done.records.alerts()
    assert b.get(alert, "enforcement.outcome") == "killed-before-effect"
    assert b.get(alert, "enforcement.backend") == "tracepoint"


def test_without_the_right_to_be_asked(box):
    """Said, and the weaker rung stands."""
    file = box.write(box.new("right") / "file", "SECRET\n")
    done = box.plain("setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin",
                     b.LOADWARD, "run", "--policy", box.policy([deny(file)]), "--",
                     "/bin/cat", file)
    assert done.rc == 137 and b"SECRET" not in done.out, done.text
    assert "CAP_SYS_ADMIN" in done.text and "killed-before-effect" in done.text


WAITING = "echo ready; read go; {}"


@contextlib.contextmanager
def waiting(box, command, rules, **k):
    """A loader that waits, and then does something. Gives it, and how to go on."""
    process, log = box.start("/bin/sh", "-c", WAITING.format(command), stdin=subprocess.PIPE,
                             rules=rules, **k)
    assert process.stdout.readline() == b"ready\n"
    yield process, lambda: box.finish(process, log, stdin=b"\n")


def marks(pid):
    """Inodes that a monitor is asked about."""
    found = set()
    for entry in os.listdir(f"/proc/{pid}/fdinfo"):
        with contextlib.suppress(FileNotFoundError):
            with open(f"/proc/{pid}/fdinfo/{entry}", encoding="ascii") as f:
                found |= {int(line.split("ino:")[1].split()[0], 16) for line in f
                          if line.startswith("fanotify ino:")}
    return found


PLACES = {
    "glob": ("{base}/k*", "{base}/key"),
    "missing-directory": ("{base}/a/b/key", "{base}/a/b/key"),
    "missing-tree": ("{base}/a/**", "{base}/a/b/c/key"),
    "tree": ("{base}/**", "{base}/b/c/key"),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_appears_is_marked(box, place, guarantee):
    base = box.new("appear")
    rule, name = (text.format(base=base) for text in PLACES[place])
    with waiting(box, f"cat {name}", [deny(rule)]) as (process, go_on):
        file = box.write(name, "SECRET\n")
        b.until(lambda: {file.stat().st_ino, file.parent.stat().st_ino} & marks(process.pid),
                "a mark on what has appeared")
        done = go_on()
    alert, = done.records.alerts()
    assert guarantee(f"fanotify.appear-{place}", [alert], happened=b"SECRET" in done.out) == \
        "denied"


def test_marks_go_with_the_policy(box):
    base = box.new("reload")
    old, new = box.write(base / "old", "old\n"), box.write(base / "new", "new\n")
    rules = [deny(old)]
    policy = box.policy(rules, loaders=[{"id": "sh", "exec": ["/**/dash"], "tag": "loader"}])
    with box.daemon(policy) as daemon:
        loader = box.spawn(["/bin/sh", "-c", WAITING.format(f"cat {old} {new}")],
                           stdin=subprocess.PIPE)
        assert loader.stdout.readline() == b"ready\n"
        b.until(lambda: old.stat().st_ino in marks(daemon.process.pid), "a mark")
        text = json.loads(policy.read_text())
        text["rules"] = [deny(new)]
        policy.write_text(json.dumps(text))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("monitor.policy")
        b.until(lambda: new.stat().st_ino in marks(daemon.process.pid), "another mark")
        assert old.stat().st_ino not in marks(daemon.process.pid)
        assert box.finish(loader, None, stdin=b"\n").out == b"old\n"
        status = daemon.status()["fanotify"]
        assert status["state"] == "ok" and status["marks"] >= 1
        assert status["asked"] >= 1 and status["denied"] == 1 and status["failed"] == 0
        assert "denied 1" in daemon.ask("status").stdout
        # Nobody is asked any more.
        assert daemon.ask("mode", "observe").returncode == 0
        assert not marks(daemon.process.pid)


def test_others_are_not_denied(box):
    file = box.write(box.new("others") / "file", "text\n")
    with waiting(box, "true", [deny(file)]) as (process, go_on):
        assert file.stat().st_ino in marks(process.pid)
        assert file.read_text() == "text\n"
        assert not go_on().records.alerts()


def test_the_monitors_own_files_may_be_marked(box):
    """Policy and log lie in a tree that the policy denies: the monitor asks itself."""
    base = box.new("own")
    policy = base / "policy.json"
    file = box.write(base / "file", "SECRET\n")
    box.policy([deny(f"{base}/**")], loaders=[
        {"id": "sh", "exec": ["/**/dash"], "tag": "loader"}]).rename(policy)
    with box.daemon(policy, log=base / "log") as daemon:
        loader = box.spawn(["/bin/sh", "-c", WAITING.format(f"cat {file}")], stdin=subprocess.PIPE)
        assert loader.stdout.readline() == b"ready\n"
        b.until(lambda: base.stat().st_ino in marks(daemon.process.pid), "a mark")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("monitor.policy")
        b.until(lambda: base.stat().st_ino in marks(daemon.process.pid), "a mark again")
        assert b"SECRET" not in box.finish(loader, None, stdin=b"\n").out
        daemon.wait_for("file.open", event__kind="alert")
    assert daemon.process.returncode == 0


def test_two_monitors(box):
    """Each asks itself and the other, and both deny."""
    base = box.new("two")
    file = box.write(base / "file", "SECRET\n")
    rules = [deny(f"{base}/**")]
    with waiting(box, f"cat {file}", rules, log=base / "one") as (_, one), \
            waiting(box, f"cat {file}", rules, log=base / "two") as (_, two):
        for done in (one(), two()):
            assert b"SECRET" not in done.out
            alert, = done.records.alerts()
            assert b.get(alert, "enforcement.outcome") == "denied"


def in_open(process):
    """Whether it waits in openat."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        with open(f"/proc/{process.pid}/syscall", encoding="ascii") as f:
            return f.read().split()[0] == "257"
    return False


def test_a_monitor_that_dies_holds_nobody(box):
    """It stands still while somebody asks, and then is killed: the kernel lets all go on."""
    file = box.write(box.new("dead") / "file", "text\n")
    with waiting(box, f"cat {file}", [deny(file)]) as (process, go_on):
        process.send_signal(signal.SIGSTOP)
        asker = box.spawn(["/bin/cat", file])
        b.until(lambda: in_open(asker), "somebody who waits for an answer")
        assert asker.poll() is None
        process.send_signal(signal.SIGKILL)
        assert box.finish(asker, None).out == b"text\n"
        # The loader is not held either: it reads, or dies of a hook that the kernel still has.
        go_on()


def is_stopped(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "T"


def test_a_monitor_that_is_suspended_holds_nobody(box):
    """Ctrl-Z in a terminal."""
    file = box.write(box.new("pause") / "file", "text\n")
    with waiting(box, f"cat {file}", [deny(file)]) as (process, go_on):
        assert marks(process.pid)
        process.send_signal(signal.SIGTSTP)
        b.until(lambda: is_stopped(process), "a monitor that stands still")
        assert box.plain("/bin/cat", file).out == b"text\n"
        process.send_signal(signal.SIGCONT)
        b.until(lambda: marks(process.pid), "the marks again")
        done = go_on()
    assert b"text" not in done.out
    assert len(done.records.alerts()) == 1


def test_a_monitor_that_ends_holds_nobody(box):
    """The helper that detaches its hooks in the background must not keep the questions alive."""
    file = box.write(box.new("end") / "file", "text\n")
    for _ in range(3):
        done = box.run("/bin/true", rules=[deny(file)])
        assert done.rc == 0
        assert box.plain("/bin/cat", file).out == b"text\n"


def test_a_storm_of_openers(box):
    """Others open marked files all the time; the loader is denied every time."""
    base = box.new("storm")
    for i in range(8):
        box.write(base / f"file-{i}", "text\n")
    other = box.spawn(["/bin/sh", "-c", f"while :; do cat {base}/* >/dev/null || exit 1; done"])
    code = f"""
import os
denied = 0
for i in range(400):
    try: os.close(os.open('{base}/file-%d' % (i % 8), os.O_RDONLY))
    except PermissionError: denied += 1
print(denied)
"""
    done = box.run(b.PYTHON, "-c", code, rules=[deny(f"{base}/*")])
    assert done.out == b"400\n"
    assert len(done.records.alerts()) == 400
    assert other.poll() is None
    other.kill()


def test_all_threads_at_once(box):
    """Most wait at any moment; none is let through."""
    file = box.write(box.new("threads") / "file", "SECRET\n")
    code = f"""
import os, threading
got, denied = [], []
def work():
    for i in range(20):
        try: got.append(os.open({str(file)!r}, os.O_RDONLY))
        except PermissionError: denied.append(i)
threads = [threading.Thread(target=work) for i in range(100)]
for t in threads: t.start()
for t in threads: t.join()
print(len(got), len(denied))
"""
    done = box.run(b.PYTHON, "-c", code, rules=[deny(file)])
    assert done.out == b"0 2000\n"
    assert len(done.records.alerts()) == 2000


def test_doctor_says_so(box):
    report = json.loads(box.plain(b.LOADWARD, "doctor", "--json").out)
    fact, = [f for f in report["system"] if f["name"] == "fanotify"]
    assert fact["ok"] and "before they are opened" in fact["text"]
    tests = {t["event"]: t for t in report["selftest"]}
    assert tests["file.open"]["outcome"] == tests["process.exec"]["outcome"] == "denied"
    assert tests["file.open"]["asked_ns"] > 0
