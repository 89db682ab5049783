# SPDX-License-Identifier: Apache-2.0
"""Where the bench works: programs, scratch files, processes, and how it waits for a condition."""

import contextlib
import json
import mmap
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class BenchError(Exception):
    """Something that makes the figures impossible; the message is for the person who started it."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def wait_for(condition, what, seconds=30.0, step=0.01):
    """Wait until condition() is true; what: names it in the error."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise BenchError(f"{what}: not within {seconds:g} s")
        time.sleep(step)


def cpu_ns(pid):
    """CPU time of a whole process in ns (as by clock_getcpuclockid); 0 when it is gone."""
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)
    except OSError:
        return 0


def memory(pid):
    """VmHWM, VmRSS, RssAnon, RssFile, RssShmem of a process in KiB."""
    wanted = ("VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem")
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    pairs = (line.split(":") for line in lines)
    return {key: int(value.split()[0]) for key, value in pairs if key in wanted}


def bpftool(*args):
    out = subprocess.run(["bpftool", "-j", *args], capture_output=True, check=True).stdout
    return json.loads(out or "[]")


def programs():
    """Ids of all BPF programs that the kernel holds."""
    return {program["id"] for program in bpftool("prog", "show")}


def descriptors(pids):
    """The fdinfo fields of all descriptors of these processes."""
    for pid in pids:
        for info in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
            with contextlib.suppress(OSError):
                yield dict(line.split(":", 1) for line in info.read_text().splitlines())


def held_programs(pids):
    """Ids of the BPF programs that these processes hold open or have attached."""
    return ({int(fields["prog_id"]) for fields in descriptors(pids) if "prog_id" in fields}
            | {row["prog_id"] for row in bpftool("perf", "show") if row["pid"] in pids})


def map_bytes(pids):
    """Kernel memory of the BPF maps that these processes hold open."""
    held = {(int(fields["map_id"]), int(fields["memlock"])) for fields in descriptors(pids)
            if "map_id" in fields}
    return sum(size for _, size in held)


def tracepoints(pid):
    """Names of the tracepoints that a process has attached BPF programs to."""
    return [row["tracepoint"] for row in bpftool("perf", "show")
            if row["pid"] == pid and row.get("fd_type") == "tracepoint"]


def touch_memory(mib):
    """
    Make sure that free memory is backed. A hypervisor may take free pages back; then the next to
    use them (whoever writes a log, into the page cache) pays some 10 us for each.
    """
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    size = min(mib << 20, free // 2)
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
    mmap.mmap(-1, size, flags=flags).close()


def stop(process, number, seconds=30):
    """Ask a process that we started to end; insist when it does not."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise BenchError(f"{process.args[0]} did not end within {seconds} s of signal {number}")


class Place:
    """Paths of one run. The scratch directory is removed at the end."""

    def __init__(self, build):
        self.loadward = pathlib.Path(build) / "loadward"
        self.bin = pathlib.Path(build) / "bench"
        # Not in a temporary directory: the default policy names those, and a file below a directory
        # that the policy names is judged by two paths.
        where = pathlib.Path(build).resolve()
        where.mkdir(parents=True, exist_ok=True)
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="bench.", dir=where))
        # As deep and as long as the modules that a loader opens.
        package = self.scratch / "lib/python3.11/site-packages/model"
        package.mkdir(parents=True)
        self.file = package / "configuration.py"
        self.file.write_text("x = 1\n")
        self.forbidden = self.scratch / "secret" / "credentials"
        self.forbidden.parent.mkdir()
        self.forbidden.write_text("nothing\n")
        self.count = 0

    def fresh(self, name):
        """A new path in the scratch directory."""
        self.count += 1
        return self.scratch / f"{self.count}-{name}"

    def program(self, name):
        path = self.bin / name
        if not path.exists():
            raise BenchError(f"{path} is missing: run 'make bench', which builds it")
        return str(path)

    def close(self):
        shutil.rmtree(self.scratch, ignore_errors=True)


class Workload:
    """An `ops` process that obeys commands; `spawn` starts it, perhaps under a monitor."""

    def __init__(self, place, spawn, pin=True):
        argv = [place.program("ops"), str(place.file)]
        self.errors = place.fresh("ops.err").open("w+b")
        self.process = spawn(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=self.errors, text=True, bufsize=1)
        self._reply("ready")
        if pin:
            self.command(f"pin {max(os.sched_getaffinity(0))}")

    def _reply(self, what):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            message = self.errors.read().decode(errors="replace").strip()
            raise BenchError(f"workload ended at '{what}' "
                             f"(status {self.process.returncode}): {message}")
        return line.split()

    def command(self, text):
        """Return CPU ns, wall ns, exit status of what was spawned."""
        self.process.stdin.write(text + "\n")
        return [int(word) for word in self._reply(text)]

    def close(self):
        """End the workload (and a monitor that wraps it); return its exit status."""
        self.process.stdin.close()
        status = self.process.wait(60)
        self.process.stdout.close()
        self.errors.close()
        return status
