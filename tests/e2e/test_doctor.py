# SPDX-License-Identifier: Apache-2.0
"""doctor and status tell the truth about this machine."""

import json

import box as b

NO_TRACEFS = ("umount -l /sys/kernel/tracing 2>/dev/null; umount -l /sys/kernel/debug/tracing "
              "2>/dev/null; umount -l /sys/kernel/debug 2>/dev/null; "
              "[ ! -e /sys/kernel/tracing/events ] || exit 99; exec \"$@\"")


def without_tracefs(box, *command):
    """The command in a mount namespace that lacks tracefs."""
    done = box.plain("unshare", "-m", "sh", "-c", NO_TRACEFS, "sh", *command)
    assert done.rc != 99, "tracefs is still there"
    return done


def test_doctor_finds_everything_working(box):
    done = box.plain(b.LOADWARD, "doctor", "--json")
    report = json.loads(done.out)
    assert done.rc == 0 and report["ready"] is True, report
    assert all(f["ok"] for f in report["system"])
    assert all(t["fired"] and t["complete"] and t["held"] and t["ok"] for t in report["selftest"])
    kinds = {t["event"] for t in report["selftest"]}
    assert {"file.open", "process.exec", "net.connect", "net.send"} <= kinds
    assert all(h["attached"] == h["wanted"] or h["reason"] or h["group"] == "CTL"
               for h in report["hooks"])


def test_doctor_in_words(box):
    done = box.plain(b.LOADWARD, "doctor")
    assert done.rc == 0
    assert b"killed-before-effect" in done.out and b"denied" in done.out


def test_doctor_says_why_a_backend_is_not_used(box):
    hooks = json.loads(box.plain(b.LOADWARD, "doctor", "--json").out)["hooks"]
    used = {h["backend"] for h in hooks if h["attached"]} & set(b.SECURITY)
    assert len(used) <= 1
    for backend in set(b.SECURITY) - used:
        reasons = {h["reason"] for h in hooks if h["backend"] == backend}
        assert len(reasons) == 1 and all(reasons), reasons
    text = box.plain(b.LOADWARD, "doctor").out.decode()
    assert all(f"\n  {backend} " in text for backend in b.SECURITY)


def test_doctor_without_tracefs(box):
    done = without_tracefs(box, b.LOADWARD, "doctor", "--json")
    report = json.loads(done.out)
    assert done.rc == 1 and report["ready"] is False
    assert [f for f in report["system"] if f["name"] == "tracefs"][0]["ok"] is False
    assert b"mount" in without_tracefs(box, b.LOADWARD, "doctor").out


def test_run_without_tracefs(box):
    """Half a monitor is none: the command must not run unwatched."""
    done = without_tracefs(box, b.LOADWARD, "run", "--policy", box.policy([]), "--", "/bin/echo",
                           "ran")
    assert done.rc == 125
    assert b"ran" not in done.out
    assert "trac" in done.text


def test_doctor_not_root(box):
    done = box.plain("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                     b.LOADWARD, "doctor")
    assert done.rc == 1
    assert done.text or done.out


def test_status_without_a_daemon(box):
    done = box.plain(b.LOADWARD, "status", "--control", box.root / "no-socket")
    assert done.rc == 1
    assert "no daemon" in done.text


def test_status_of_a_daemon(box):
    with box.daemon(box.policy([])) as daemon:
        status = daemon.status()
        assert status["pid"] == daemon.process.pid
        assert status["mode"] == "enforce"
        assert status["policy"]["name"] == "test" and len(status["policy"]["digest"]) == 64
        # Nobody is a loader: nothing is attached to any system call.
        assert status["hooks"]["syscall_attached"] == 0 and status["hooks"]["syscall_all"] > 0
        words = daemon.ask("status").stdout
        assert "enforce" in words and "test" in words
    assert daemon.process.returncode == 0
    assert not daemon.control.exists()


def test_one_daemon_a_socket(box):
    policy = box.policy([])
    with box.daemon(policy) as daemon:
        second = box.plain(b.LOADWARD, "daemon", "--policy", policy, "--log", box.new("log"),
                           "--control", daemon.control)
        assert second.rc == 1
        assert "already" in second.text
        assert daemon.status()["pid"] == daemon.process.pid
