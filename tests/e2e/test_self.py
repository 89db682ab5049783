# SPDX-License-Identifier: Apache-2.0
"""The monitor's own process, files and socket are forbidden to every loader, whatever the policy
says: here it allows all of it."""

import pathlib
import signal
import subprocess

import pytest

import box as b

ALLOWED = [{"id": "all", "on": ["file.open", "net.connect", "mount.attach"], "path": ["/**"],
            "action": "allow"},
           {"id": "processes", "on": ["process.signal", "process.pidfd", "process.ptrace",
                                      "kernel.bpf"], "action": "allow"}]
OWN = "import os, socket, sys\np = sys.argv[1:]\n"


class Own:
    """A daemon whose policy allows everything, and Python code that a loader of it runs."""

    def __init__(self, box, mode="enforce"):
        self.box = box
        self.python = box.new("bin") / "python-of-the-test"
        self.python.write_bytes(pathlib.Path(b.PYTHON).read_bytes())
        self.python.chmod(0o755)
        self.policy = box.policy(ALLOWED, mode=mode, loaders=[
            {"id": "l", "exec": [str(self.python)], "tag": "loader"}])
        self.daemon = box.daemon(self.policy)

    def __enter__(self):
        self.daemon.__enter__()
        self.keeper = self.daemon.warm(self.python)
        return self

    def __exit__(self, *unused):
        self.keeper.kill()
        self.daemon.__exit__()

    def attempt(self, code, *args):
        """Runs it. Gives what came of it and the alerts of its process."""
        process = self.box.spawn([self.python, "-c", OWN + code, *args])
        done = self.box.finish(process, None)
        done.pid = process.pid
        return done

    def alerts(self, done):
        b.until(lambda: self.daemon.records.find("loader.end", process__pid=done.pid), "the end")
        return self.daemon.records.alerts(process__pid=done.pid)


@pytest.fixture(scope="module")
def own(box):
    with Own(box) as one:
        yield one


def segment(own):
    return next(own.daemon.log.glob("*.jsonl"))


FILES = {
    "log-read": ("open(p[0]).read(1)", segment, "self:log"),
    "log-list": ("os.listdir(p[0])", lambda o: o.daemon.log, "self:log"),
    "log-truncate": ("open(p[0], 'w')", segment, "self:log"),
    "log-append": ("open(p[0], 'a').write('x')", segment, "self:log"),
    "log-new-file": ("open(p[0] + '/x', 'w')", lambda o: o.daemon.log, "self:log"),
    "policy-write": ("open(p[0], 'r+')", lambda o: o.policy, "self:policy"),
    "process-memory": ("open('/proc/' + p[0] + '/mem')", lambda o: o.daemon.process.pid,
                       "self:process"),
    "process-environment": ("open('/proc/' + p[0] + '/environ')",
                            lambda o: o.daemon.process.pid, "self:process"),
}


@pytest.mark.parametrize("way", FILES)
def test_files(own, way, guarantee):
    code, what, rule = FILES[way]
    done = own.attempt(code + "\nprint('did')\n", what(own))
    assert done.rc == -9 and b"did" not in done.out, done.text
    alert = own.alerts(done)[0]
    assert b.get(alert, "rule.id") == rule
    assert b.get(alert, "event.severity") == 99
    guarantee(f"self.{way}", [alert], happened=b"did" in done.out)


def test_the_log_by_another_name(own, guarantee):
    """A hard link that was there before counts by inode; here the directory is what is named."""
    link = own.box.root / "link"
    link.symlink_to(own.daemon.log)
    done = own.attempt("print(open(p[0]).read(1))", link / segment(own).name)
    alert, = own.alerts(done)
    assert done.rc == -9 and b.get(alert, "rule.id") == "self:log"
    guarantee("self.log-symlink", [alert], happened=bool(done.out))


SIGNALS = {
    "signal": "os.kill(int(p[0]), 18)",
    "pidfd": "os.pidfd_open(int(p[0]))",
    "ptrace": "import ctypes; ctypes.CDLL(None).ptrace(0x4206, int(p[0]), 0, 0)",
}


@pytest.mark.parametrize("way", SIGNALS)
def test_process(own, way, guarantee):
    done = own.attempt(SIGNALS[way] + "\nprint('did')\n", own.daemon.process.pid)
    assert done.rc == -9 and b"did" not in done.out, done.text
    alert, = own.alerts(done)
    assert b.get(alert, "rule.id") == "self:process"
    assert b.get(alert, "call.target.relation") == "monitor"
    assert b.get(alert, "call.target.pid") == own.daemon.process.pid
    guarantee(f"self.{way}", [alert], happened=b"did" in done.out)


def test_a_signal_that_kills(box, column):
    """Where no hook denies it, it arrives all the same, and the monitor cannot write any more: the
    log has no end."""
    with Own(box) as own:
        done = own.attempt("os.kill(int(p[0]), 9)\nprint('did')\n", own.daemon.process.pid)
        if column["rung"] < 3:
            assert done.rc == -9 and own.alerts(done) and own.daemon.process.poll() is None
            return
        b.until(lambda: own.daemon.process.poll() is not None, "the end of the daemon")
        assert done.rc == -9 and not done.out
        assert own.daemon.process.poll() == -signal.SIGKILL
        assert not b.read_log(own.daemon.log, live=True).find("monitor.stop")


def test_socket(own, guarantee):
    done = own.attempt("s = socket.socket(socket.AF_UNIX)\ntry:\n    s.connect(p[0])\n"
                       "    print('did')\nexcept PermissionError:\n    print('denied')\n",
                       own.daemon.control)
    alert, = own.alerts(done)
    assert b"did" not in done.out
    assert b.get(alert, "rule.id") == "self:socket"
    guarantee("self.socket", [alert], happened=b"did" in done.out)


def test_bpf_objects(own, guarantee):
    """Programs and maps of others, taken by their ids: how a link would be detached."""
    done = own.attempt("import ctypes\nattr = (ctypes.c_uint32 * 4)(1)\n"
                       "print(ctypes.CDLL(None).syscall(321, 30, attr, 16))\n")
    alert, = own.alerts(done)
    assert done.rc == -9 and b.get(alert, "rule.id") == "self:bpf"
    guarantee("self.bpf-detach", [alert], happened=bool(done.out))


def test_mount_over_the_log(own, guarantee):
    libc = "import ctypes; l = ctypes.CDLL(None, use_errno=True)\n"
    done = own.attempt(libc + "l.mount(b'none', p[0].encode(), b'tmpfs', 0, 0)\nprint('did')\n",
                       own.daemon.log)
    mounted = str(own.daemon.log) in pathlib.Path("/proc/self/mounts").read_text()
    if mounted:
        subprocess.run(["umount", str(own.daemon.log)], check=True)
    alert, = own.alerts(done)
    assert done.rc == -9 and b.get(alert, "rule.id") == "self:log"
    guarantee("self.mount-log", [alert], happened=mounted)


def test_the_program(own):
    """It runs, so the kernel refuses to have it written; the attempt is a violation."""
    done = own.attempt("open(p[0], 'r+b')", pathlib.Path(b.LOADWARD).resolve())
    alert, = own.alerts(done)
    assert "ETXTBSY" == b.get(alert, "error.code") and b.get(alert, "rule.id") == "self:binary"
    assert b.get(alert, "enforcement.outcome") == "failed"


def test_what_is_harmless(own):
    done = own.attempt("open(p[0]).read(); open(p[1], 'rb').read(1); open('/proc/%s/stat' % p[2])\n"
                       "print(os.stat(p[3]).st_size)\n", own.policy, b.LOADWARD,
                       own.daemon.process.pid, own.daemon.log)
    assert done.rc == 0, done.text
    assert not own.alerts(done)


def test_after_a_reload(own):
    own.daemon.process.send_signal(signal.SIGHUP)
    own.daemon.wait_for("monitor.policy", monitor__result="loaded")
    done = own.attempt("open(p[0])", segment(own))
    assert done.rc == -9 and b.get(own.alerts(done)[0], "rule.id") == "self:log"


def test_observe(box):
    """Mode observe touches nothing: the attempt is an alert."""
    with Own(box, mode="observe") as own:
        done = own.attempt("print(len(open(p[0]).read(1)))", segment(own))
        alert, = own.alerts(done)
        assert done.out == b"1\n" and b.get(alert, "enforcement.strength") == "observed"


def test_run_protects_itself(box):
    log = box.new("log")
    done = box.run(b.PYTHON, "-c", "import os, sys\nprint(os.listdir(sys.argv[1]))\n", log, log=log)
    alert, = done.records.alerts("file.open")
    assert done.rc == 137 and b.get(alert, "rule.id") == "self:log"
    done = box.run(b.PYTHON, "-c", "import os\nos.kill(os.getppid(), 18)\n")
    alert, = done.records.alerts("process.signal")
    assert done.rc == 137 and b.get(alert, "rule.id") == "self:process"
