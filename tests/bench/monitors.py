# SPDX-License-Identifier: Apache-2.0
"""What a workload runs under: nothing, the floor, loadward in its ways, and the peers.

A monitor is a context: it is attached on entry and gone from the kernel on exit. `spawn` starts
the workload; a monitor that launches what it watches does so there.
"""

import pathlib
import re
import shutil
import signal
import subprocess
import time

import policies
from place import (BenchError, Workload, bpftool, cpu_ns, held_programs, programs, say, stop,
                   tracepoints, wait_for)

WATCHED = ("openat", "execve", "connect")  # what the peers are asked to report


class Monitor:
    key = ""         # name of the configuration
    title = ""
    command = None   # program that must be installed
    package = ""     # Debian package that brings it
    slow = 1         # divide the repetitions by this

    def __init__(self, place):
        self.place = place
        self.processes = []
        self.out = place.fresh(self.key + ".out")
        self.notes = []
        self.held = set()

    @classmethod
    def missing(cls):
        """Why this monitor cannot run here, or None."""
        if cls.command and not shutil.which(cls.command):
            return f"{cls.command} is not installed (Debian package {cls.package})"
        return None

    @classmethod
    def version(cls):
        if not cls.package:
            return ""
        query = ["dpkg-query", "-W", "-f", "${Version}", cls.package]
        done = subprocess.run(query, capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else "not from a package"

    def start(self):
        """Attach; return when attached."""

    def stop(self):
        for process in self.processes:
            stop(process, signal.SIGINT)

    def spawn(self, argv, **popen):
        return subprocess.Popen(argv, **popen)

    def workload(self, pin=True):
        return Workload(self.place, self.spawn, pin)

    def pids(self):
        return [process.pid for process in self.processes]

    def cpu(self):
        """CPU time of the monitor's own processes, ns."""
        return sum(cpu_ns(pid) for pid in self.pids())

    def settle(self, seconds=10):
        """Wait until the monitor has worked off what it was sent: its CPU clock stands still."""
        if not self.pids():
            return 0
        self.held = self.held or held_programs(self.pids())
        last, still, end = self.cpu(), 0, time.monotonic() + seconds
        while still < 3 and time.monotonic() < end:
            time.sleep(0.03)
            now = self.cpu()
            still = still + 1 if now - last < 300_000 else 0
            last = now
        if still < 3:
            self.notes.append(f"{self.key}: still busy after {seconds} s")
        return last

    def reported(self, needle):
        """How often the output names a string (bytes); None where there is no output."""
        if not self.out.exists():
            return None
        with self.out.open("rb") as lines:
            return sum(line.count(needle) for line in lines)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            for process in self.processes:
                stop(process, signal.SIGTERM)
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.held = self.held or held_programs(self.pids())
        try:
            self.stop()
            # Programs are freed after their last reader: until then they may tax the next slice.
            wait_for(lambda: not programs() & self.held, f"{self.key}: detaching", 60, 0.05)
        finally:
            for note in self.notes:
                say("  note: " + note)
            self.out.unlink(missing_ok=True)

    def run(self, argv, ready, **popen):
        """Start a process of the monitor; ready(process): true when it is attached."""
        errors = self.place.fresh("err")
        with errors.open("w+b") as sink:
            popen.setdefault("stdout", subprocess.DEVNULL)
            process = subprocess.Popen(argv, stderr=sink, **popen)

        def is_ready():
            if process.poll() is not None:
                raise BenchError(f"{argv[0]} ended with status {process.returncode}: "
                                 + errors.read_text(errors="replace").strip()[-2000:])
            return ready(process)
        self.processes.append(process)
        wait_for(is_ready, f"{argv[0]} ready")
        return process


class Bare(Monitor):
    key, title = "base", "nothing attached"


class BareAgain(Monitor):
    key, title = "base2", "nothing attached, again (A/A)"


class Floor(Monitor):
    key, title = "floor", "floor: the same tracepoints, one look into task storage"

    def start(self):
        argv = [self.place.program("floor"), self.place.program("floor.bpf.o")]
        self.run(argv, lambda p: tracepoints(p.pid), stdin=subprocess.PIPE)

    def stop(self):
        for process in self.processes:
            process.stdin.close()
            process.wait(30)


class Bpftrace(Monitor):
    key, title, command, package = "bpftrace", "bpftrace, 3 tracepoints", "bpftrace", "bpftrace"
    SCRIPT = """
tracepoint:syscalls:sys_enter_openat { printf("open %d %s %s\\n", pid, comm, str(args->filename)); }
tracepoint:syscalls:sys_enter_execve { printf("exec %d %s %s\\n", pid, comm, str(args->filename)); }
tracepoint:syscalls:sys_enter_connect { printf("connect %d %s %d\\n", pid, comm, args->fd); }
"""

    def start(self):
        argv = ["bpftrace", "-o", str(self.out), "-e", self.SCRIPT]
        self.run(argv, lambda p: len(tracepoints(p.pid)) == len(WATCHED))


class Snoop(Monitor):
    key, title, command = "snoop", "opensnoop + execsnoop", "opensnoop"
    package = "libbpf-tools"

    def start(self):
        self.exec_out = self.place.fresh("execsnoop.out")
        for tool, out in (("opensnoop", self.out), ("execsnoop", self.exec_out)):
            with out.open("wb") as sink:
                self.run([tool], lambda p: len(tracepoints(p.pid)) >= 2, stdout=sink)


class Strace(Monitor):
    key, title, command, package = "strace", "strace -f -e 3 calls", "strace", "strace"
    slow, options = 10, ()

    def spawn(self, argv, **popen):
        calls = "trace=" + ",".join(WATCHED)
        command = ["strace", "-f", *self.options, "-o", str(self.out), "-e", calls, "--", *argv]
        process = subprocess.Popen(command, **popen)
        self.processes = [process]
        return process

    def stop(self):
        pass  # it ends with what it launched


class StraceSeccomp(Strace):
    key, title = "strace-seccomp", "strace -f --seccomp-bpf -e 3 calls"
    slow, options = 4, ("--seccomp-bpf",)


class Auditd(Monitor):
    """Comes last: from the first rule on every new task is audited until a rule exempts all."""

    key, title, command, package = "auditd", "auditd, 3 calls", "auditd", "auditd"
    slow = 4

    def control(self, *args):
        done = subprocess.run(["auditctl", *args], capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"auditctl {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout

    def start(self):
        conf = self.place.fresh("audit")
        conf.mkdir(0o700)
        (conf / "plugins.d").mkdir()
        (conf / "auditd.conf").write_text(
            f"log_file = {self.out}\nlog_format = RAW\nlocal_events = yes\nwrite_logs = yes\n"
            "flush = INCREMENTAL_ASYNC\nfreq = 50\nmax_log_file = 4000\nnum_logs = 0\n"
            "max_log_file_action = IGNORE\nspace_left = 75\nspace_left_action = SYSLOG\n"
            f"plugin_dir = {conf / 'plugins.d'}\n")
        (conf / "auditd.conf").chmod(0o600)
        self.run(["auditd", "-n", "-s", "enable", "-c", str(conf)],
                 lambda p: f"pid {p.pid}" in self.control("-s"))
        self.control("-D")
        self.control("-b", "8192")
        self.control("-a", "always,exit", "-F", "arch=b64", *sum((["-S", c] for c in WATCHED), []))

    def pids(self):
        kernel = [int(path.parent.name) for path in pathlib.Path("/proc").glob("[0-9]*/comm")
                  if path.read_text().strip() == "kauditd"]
        return super().pids() + kernel

    def stop(self):
        self.control("-D")
        self.control("-a", "never,task")
        self.control("-e", "0")
        for process in self.processes:
            stop(process, signal.SIGTERM)


class BareAudited(Monitor):
    """The baseline of the auditd rounds: audit was on, `never,task` exempts the workload."""

    key, title = "base-audit", "nothing attached, after auditd (auditctl -a never,task)"


class Loadward(Monitor):
    """loadward in one of its ways; `policy` names a function of policies.py."""

    policy = "judge"

    def __init__(self, place):
        super().__init__(place)
        self.log = place.fresh("log")
        self.daemon = None

    def write_policy(self):
        return policies.write(self.place, self.policy)

    def launch(self, argv, **popen):
        """Run a program as a loader, under a monitor of its own."""
        command = [str(self.place.loadward), "run", "--observe", "--policy",
                   str(self.write_policy()), "--log", str(self.log), "--", *argv]
        self.daemon = subprocess.Popen(command, **popen)
        return self.daemon

    def pids(self):
        return [self.daemon.pid] if self.daemon and self.daemon.poll() is None else []

    def records(self):
        return policies.records(self.log)

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        shutil.rmtree(self.log, ignore_errors=True)


class Idle(Loadward):
    key, title, policy = "idle", "loadward daemon, no candidate or loader lives", "idle"

    def start(self):
        argv = [str(self.place.loadward), "daemon", "--foreground", "--no-pin", "--policy",
                str(self.write_policy()), "--log", str(self.log)]
        self.daemon = self.run(argv, lambda p: policies.is_ready(self.log))
        hot = [name for name in tracepoints(self.daemon.pid) if name.startswith("sys_")]
        if hot:
            raise BenchError(f"the idle daemon has {len(hot)} system call tracepoints attached: "
                             "a candidate or loader of its policy must be alive")


class Live(Loadward):
    key, title = "live", "loadward, another process is a loader"

    def start(self):
        self.loader = Workload(self.place, self.launch, pin=False)

    def stop(self):
        self.loader.close()


class Judged(Loadward):
    key, title = "judged", "loadward, tagged, judged, no record wanted"

    def spawn(self, argv, **popen):
        return self.launch(argv, **popen)

    def stop(self):
        pass  # it ends with what it launched


class Recorded(Judged):
    key, title, policy = "recorded", "loadward, tagged, everything recorded", "record"


class Shipped(Judged):
    key, title, policy = "shipped", "loadward, tagged, policies/default.json", "shipped"


class Storm(Judged):
    key, title, policy = "storm", "loadward, everything recorded, one path forbidden", "record"


PEERS = (Bpftrace, Snoop, StraceSeccomp, Strace)
OURS = (Idle, Live, Judged, Recorded)


def attached_elsewhere():
    """System call tracepoints that somebody else holds: they tax the baseline too."""
    held = {row["pid"] for row in bpftool("perf", "show")
            if re.match("sys_(enter|exit)", row.get("tracepoint", ""))}
    return len(held)
