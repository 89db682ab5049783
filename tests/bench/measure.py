# SPDX-License-Identifier: Apache-2.0
"""Runs workloads under monitors and returns samples; what they mean is in rows.py."""

import array
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import time

import monitors
import policies
from place import ROOT, BenchError, map_bytes, memory, say, touch_memory, wait_for

# Repetitions of a batch, about 15 ms each; the median of a slice's batches is its sample.
OPERATIONS = {"getppid": 100_000, "open": 8_000, "pipe": 25_000, "exec": 30, "connect": 600}
BATCHES = 5
PYTHON = "/usr/bin/python3"
REPORTED = ("open", "exec", "connect")  # the operations that a monitor has something to do for


def rotate(items, by):
    by %= len(items)
    return items[by:] + items[:by]


def batches(monitor, workload, operation):
    """One operation in one slice: CPU ns of the caller, and of the monitor, per operation."""
    count = max(OPERATIONS[operation] // monitor.slow, 10)
    workload.command(f"{operation} {count}")
    if operation in REPORTED:
        touch_memory(256)
        monitor.settle()
    before = monitor.cpu()
    values = [workload.command(f"{operation} {count}")[0] / count for _ in range(BATCHES)]
    if operation in REPORTED:
        monitor.settle()
    return {"median": statistics.median(values), "min": min(values), "done": count * (BATCHES + 1),
            "monitor": (monitor.cpu() - before) / (count * BATCHES)}


def resident(monitor):
    """Memory of a monitor's processes, KiB, added up."""
    total = {}
    for pid in monitor.pids():
        for key, value in memory(pid).items():
            total[key] = total.get(key, 0) + value
    return total


def require_judgement(monitor, workload):
    """The figures of a tagged workload are worth nothing when nobody judges it."""
    workload.command(f"spawn cat {monitor.place.forbidden}")


def check_log(monitor, sample):
    """Compare the log with what was done; only for loadward's tagged workloads."""
    tally, gap, alerts = {}, 0, 0
    path = str(monitor.place.file)
    for record in monitor.records():
        action = policies.field(record, "event.action")
        if action == "file.open" and policies.field(record, "file.path") != path:
            alerts += policies.field(record, "rule.id") == policies.FORBIDDEN
            action = "file.open elsewhere"
        tally[action] = tally.get(action, 0) + 1
        gap += policies.lost(record, "telemetry")
    if not alerts:
        raise BenchError(f"{monitor.key}: the forbidden open of the tagged workload is not in the "
                         "log: nothing was judged, the figures would be worthless")
    sample["log"] = {"records": tally, "lost": gap}
    written, done = tally.get("file.open", 0), sample["open"]["done"]
    if monitor.policy == "record" and written + gap != done:
        monitor.notes.append(f"{monitor.key}: {done} opens, {written} records, {gap} counted lost")
    if monitor.policy == "judge" and written:
        monitor.notes.append(f"{monitor.key}: {written} records although none is wanted")


def slice_of(cls, place):
    """One configuration in one round."""
    sample = {}
    with cls(place) as monitor:
        begin = time.monotonic()
        workload = monitor.workload()
        sample["start_ms"] = 1000 * (time.monotonic() - begin)
        for operation in OPERATIONS:
            sample[operation] = batches(monitor, workload, operation)
        tagged = isinstance(monitor, monitors.Judged)
        if tagged:
            require_judgement(monitor, workload)
        sample["memory"] = resident(monitor)
        if isinstance(monitor, monitors.Loadward):
            sample["maps"] = map_bytes(monitor.pids())
        workload.close()
        if tagged:
            check_log(monitor, sample)
        sample["notes"] = monitor.notes
    return sample


def rounds(classes, place, count, label):
    """Interleaved rounds, each in another order: {configuration: [sample of each round]}."""
    samples = {cls.key: [] for cls in classes}
    for number in range(count):
        for cls in rotate(list(classes), number):
            samples[cls.key].append(slice_of(cls, place))
        say(f"{label}: round {number + 1} of {count} done, load {os.getloadavg()[0]:.2f}")
    return samples


def storm(cls, place, seconds, every):
    """Two threads open as fast as they can: what was done and what was reported."""
    argv = [place.program("storm"), str(seconds), str(place.file), str(place.forbidden), str(every)]
    with cls(place) as monitor, place.fresh("err").open("wb") as errors:
        process = monitor.spawn(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                text=True)
        if process.stdout.readline().strip() != "ready":
            raise BenchError(f"storm under {cls.key} ended with status {process.wait()}")
        touch_memory(2048)
        process.stdin.write("go\n")
        process.stdin.flush()
        opens, violations, failed, cpu = map(int, process.stdout.readline().split())
        monitor.settle()
        result = {"opens": opens, "violations": violations, "failed": failed, "cpu": cpu,
                  "seconds": seconds, "memory": resident(monitor), "monitor": monitor.cpu()}
        process.stdin.close()
        process.wait(60)
        process.stdout.close()
        if isinstance(monitor, monitors.Loadward):
            result.update(storm_log(monitor))
        else:
            monitor.stop()
            # bpftrace cuts strings at 64 bytes: the directories tell the two files apart.
            result["reported"] = monitor.reported(os.fsencode(place.scratch / "lib"))
            result["reported_violations"] = monitor.reported(os.fsencode(place.forbidden.parent))
        result["notes"] = monitor.notes
    return result


def storm_log(monitor):
    place, out = monitor.place, {"reported": 0, "reported_violations": 0, "lost": 0,
                                 "lost_violations": 0}
    for record in monitor.records():
        path = policies.field(record, "file.path")
        if path == str(place.file):
            out["reported"] += 1
        elif path == str(place.forbidden):
            out["reported_violations"] += 1
        out["lost"] += policies.lost(record, "telemetry")
        out["lost_violations"] += policies.lost(record, "violations")
    return out


def latency(place, count):
    """Violation to line in the log, ns, sorted; and how many never came."""
    with monitors.Judged(place) as monitor, place.fresh("err").open("wb") as errors:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        argv = [place.program("latency"), str(place.forbidden), str(count)]
        process = monitor.spawn(argv, stdin=theirs, stdout=subprocess.PIPE, stderr=errors,
                                text=True)
        theirs.close()
        if process.stdout.readline().strip() != "ready":
            raise BenchError(f"latency ended with status {process.wait()}")
        path = wait_for(lambda: sorted(monitor.log.glob("*.jsonl")), "a log file")[-1]
        with path.open("rb") as log:
            control = array.array("i", [log.fileno()])
            ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, control)])
        lines = process.stdout.read().split()
        monitor.settle()
        ours.close()
        status = process.wait(60)
        process.stdout.close()
        if status or len(lines) != count:
            raise BenchError(f"latency: {len(lines)} of {count} lines, status {status}")
        return {"ns": sorted(int(x) for x in lines if x != "lost"), "lost": lines.count("lost")}


def stacks(place, rounds):
    """CPU ns of a violation in the caller, by depth of its Python stack, one number a round."""
    with monitors.Judged(place) as monitor:
        argv = [PYTHON, ROOT / "tests/bench/stack.py", str(place.forbidden), str(rounds)]
        process = monitor.spawn(argv, stdout=subprocess.PIPE, text=True)
        out, _ = process.communicate()
        if process.returncode:
            raise BenchError(f"stack.py ended with status {process.returncode}")
        monitor.settle()
        lost = sum(policies.lost(record, "stacks") for record in monitor.records())
        return {"ns": {int(depth): ns for depth, ns in json.loads(out).items()}, "lost": lost}


class Loader:
    """The real model load: its command, environment and event counts."""

    def __init__(self, place, venv):
        self.place, self.python = place, pathlib.Path(venv) / "bin" / "python"
        self.command = f"spawn {self.python} {ROOT}/tests/bench/load.py {ROOT}/tests/bench/model"
        os.environ.update(HF_HOME=str(place.scratch / "hf"), HF_HUB_OFFLINE="1",
                          HF_HUB_DISABLE_TELEMETRY="1", TRANSFORMERS_VERBOSITY="error")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

    def missing(self):
        if not self.python.exists():
            return f"{self.python} is missing: make it with 'scripts/venv.sh light'"
        return None

    def once(self, cls):
        """CPU of one load and of the monitor for it, ns."""
        with cls(self.place) as monitor:
            workload = monitor.workload(pin=False)
            monitor.settle()
            before = monitor.cpu()
            cpu, wall, status = workload.command(self.command)
            if status:
                raise BenchError(f"the model load ended with wait status {status} under {cls.key}")
            monitor.settle()
            sample = {"cpu": cpu, "wall": wall, "monitor": monitor.cpu() - before}
            workload.close()
            if isinstance(monitor, monitors.Loadward):
                sample["records"] = self.tally(monitor)
        return sample

    @staticmethod
    def tally(monitor):
        """Records of each kind in the log; violations apart."""
        kinds = {}
        for record in monitor.records():
            kind = policies.field(record, "event.action") or "?"
            if policies.field(record, "rule.id"):
                kind += " (rule)"
            kinds[kind] = kinds.get(kind, 0) + 1
        return kinds

    def system_calls(self):
        """Calls of one load by name, counted by strace."""
        out = self.place.fresh("calls")
        argv = ["strace", "-f", "-c", "-U", "calls,name", "-o", str(out), *self.command.split()[1:]]
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        rows = re.findall(r"^\s*(\d+)\s+(\w+)$", out.read_text(), re.M)
        return {name: int(calls) for calls, name in rows if name != "total"}
