# SPDX-License-Identifier: Apache-2.0
"""`loadward run`: what passes through, what it exits with, what it says."""

import json
import os
import signal

import pytest

import box as b


def kill_rule(path, **k):
    return {"id": "no-secret", "on": "file.open", "path": [str(path)], "action": "kill",
            "reason": "the secret of this test", **k}


@pytest.mark.parametrize("status", [0, 1, 42, 124, 255])
def test_exit_status(box, status):
    assert box.run("/bin/sh", "-c", f"exit {status}").rc == status


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV", "INT", "HUP", "PIPE"])
def test_death_by_signal(box, name):
    done = box.run("/bin/sh", "-c", f"kill -{name} $$")
    assert done.rc == 128 + getattr(signal, "SIG" + name)


def test_not_found(box):
    done = box.run("no-such-command-here")
    assert done.rc == 127
    assert "no-such-command-here" in done.text


def test_not_executable(box):
    plain = box.write("plain-file", "not a program\n")
    assert box.run(plain).rc == 126
    assert box.run(box.root).rc == 126


def test_usage(box):
    done = box.plain(b.LOADWARD, "run")
    assert done.rc == 2
    assert "command" in done.text
    assert box.plain(b.LOADWARD, "run", "--no-such-option", "--", "true").rc == 2
    assert box.plain(b.LOADWARD, "no-such-subcommand").rc == 2


def test_policy_that_is_not_there(box):
    done = box.run("/bin/true", policy=box.root / "none.json")
    assert done.rc == 125
    assert "none.json" in done.text


def test_not_root(box):
    done = box.plain("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                     b.LOADWARD, "run", "--policy", box.policy([]), "--", "/bin/echo", "ran")
    assert done.rc == 125
    assert b"ran" not in done.out
    assert "root" in done.text or "CAP_" in done.text or "permitted" in done.text


def test_streams_arguments_environment_directory(box):
    script = ("import sys, os, json; print(json.dumps([sys.argv[1:], sys.stdin.read(), "
              "os.environ['MARK'], os.getcwd()])); print('to-stderr', file=sys.stderr)")
    where = box.dir("some dir")
    done = box.run(b.PYTHON, "-c", script, "--policy", "-q", "", "a b", "--", stdin=b"typed",
                   env={**box.environment(), "MARK": "m"}, cwd=where)
    assert done.rc == 0
    assert json.loads(done.out) == [["--policy", "-q", "", "a b", "--"], "typed", "m", str(where)]
    assert "to-stderr" in done.text


def test_nothing_leaks_into_the_command(box):
    done = box.run(b.PYTHON, "-c", "import os; print(sorted(os.listdir('/proc/self/fd'))); "
                   "print([l for l in open('/proc/self/status') if l.startswith('SigBlk')])")
    plain = box.plain(b.PYTHON, "-c", "import os; print(sorted(os.listdir('/proc/self/fd'))); "
                      "print([l for l in open('/proc/self/status') if l.startswith('SigBlk')])")
    assert done.out == plain.out


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "USR1"])
def test_signals_are_passed_on(box, name):
    process, log = box.start(b.TRIGGERS / "storm", "wait")
    assert json.loads(process.stdout.readline())["pid"]
    process.send_signal(getattr(signal, "SIG" + name))
    assert box.finish(process, log).rc == 128 + getattr(signal, "SIG" + name)


def test_a_command_that_handles_the_signal(box):
    process, log = box.start(b.PYTHON, "-uc", "import signal, sys; "
                             "signal.signal(signal.SIGTERM, lambda *a: sys.exit(7)); "
                             "print('ready'); signal.pause()")
    assert process.stdout.readline() == b"ready\n"
    process.terminate()
    assert box.finish(process, log).rc == 7


def test_kill_says_what_and_why(box):
    secret = box.write("kill/secret", box.token)
    done = box.run("/bin/cat", secret, rules=[kill_rule(secret)])
    assert done.rc == 137
    assert box.token.encode() not in done.out
    lines = done.text.splitlines()
    first, = (i for i, line in enumerate(lines) if "rule no-secret" in line)
    why, what, record = lines[first:first + 3]
    alert, = done.records.alerts("file.open")
    assert b.get(alert, "enforcement.outcome") in b.BEFORE
    assert why.endswith(f"{b.get(alert, 'enforcement.outcome')}: "
                        "rule no-secret (the secret of this test)")
    assert what == (f"  what    file.open of {secret} by pid {b.get(alert, 'process.pid')} "
                    f"({b.get(alert, 'process.executable')})")
    segment, = done.log.glob("*.jsonl")
    assert record == (f"  record  {segment}, event.sequence {b.get(alert, 'event.sequence')} "
                      f"of CPU {b.get(alert, 'event.cpu')}")


def test_no_line_is_longer_than_200_columns(box):
    secret = box.write("/".join(["wide", *(["x" * 250] * 8), "secret"]), "x")
    wide = kill_rule(f"{box.root}/wide/**", reason="why " * 60)
    done = box.run("/bin/cat", secret, rules=[wide])
    assert done.rc == 137, done.text
    assert "no-secret" in done.text and str(secret)[-60:] in done.text
    assert max(len(x) for x in done.text.splitlines()) <= 200


def test_quiet(box):
    secret = box.write("quiet/secret", "x")
    done = box.run("/bin/cat", secret, rules=[kill_rule(secret)], options=["--quiet"])
    assert done.rc == 137
    assert "no-secret" not in done.text
    assert len(done.records.alerts("file.open")) == 1


def test_a_hostile_name_does_not_reach_the_terminal(box):
    secret = box.write("esc/evil\x1b]0;title\x07\nrule: none", "x")
    done = box.run("/bin/cat", secret, rules=[kill_rule(secret.parent / "*")])
    assert done.rc == 137
    assert b"\x1b" not in done.err and b"\x07" not in done.err
    assert len([x for x in done.text.splitlines() if "no-secret" in x]) == 1


def test_kill_of_a_child_leaves_the_parents_status(box):
    secret = box.write("child/secret", "x")
    done = box.run("/bin/sh", "-c", f"/bin/cat {secret}; echo child $?; exit 3",
                   rules=[kill_rule(secret)])
    assert done.rc == 3
    assert b"child 137" in done.out


def test_kill_loader_ends_the_whole_tree(box):
    secret = box.write("tree/secret", "x")
    # The shell did nothing wrong: it dies at its next watched call, or of the monitor's signal.
    done = box.run("/bin/sh", "-c", f"/bin/cat {secret}; /bin/true; echo survived",
                   rules=[kill_rule(secret, action="kill-loader")])
    assert done.rc == 137
    assert b"survived" not in done.out


@pytest.mark.parametrize("policy_mode,option,lives", [
    ("enforce", (), False), ("observe", (), True),
    ("enforce", ("--observe",), True), ("observe", ("--enforce",), False)])
def test_mode(box, policy_mode, option, lives):
    secret = box.write("mode/secret", box.token)
    done = box.run("/bin/cat", secret, rules=[kill_rule(secret)], mode=policy_mode, options=option)
    assert (done.rc == 0) == lives
    assert (box.token.encode() in done.out) == lives
    alert, = done.records.alerts("file.open")
    assert b.get(alert, "enforcement.mode") == ("observe" if lives else "enforce")
    assert b.get(alert, "enforcement.action") == "kill"
    assert b.get(alert, "enforcement.outcome") in (("alerted",) if lives else b.BEFORE)


def test_without_a_log(box):
    secret = box.write("nolog/secret", "x")
    done = box.plain(b.LOADWARD, "run", "--policy", box.policy([kill_rule(secret)]), "--",
                     "/bin/cat", secret)
    assert done.rc == 137
    assert "no-secret" in done.text


def test_waits_for_the_whole_tree(box):
    """A child that outlives the command is still judged."""
    secret = box.write("late/secret", box.token)
    fifo = box.root / "late-fifo"
    os.mkfifo(fifo)
    done = box.run("/bin/sh", "-c", f"(read go <{fifo}; /bin/cat {secret}) & echo go >{fifo}",
                   rules=[kill_rule(secret)])
    assert done.rc == 0
    assert len(done.records.alerts("file.open", rule__id="no-secret")) == 1
    assert box.token.encode() not in done.out
