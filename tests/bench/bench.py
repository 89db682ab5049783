#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
One run measures every configuration: nothing attached (twice: A/A), the floor, loadward in each of
its ways, and the peers that Debian packages. A round visits all configurations once, each round in
another order; a monitor is started for its slice, waited for until it is attached, and waited for
until it is gone from the kernel, so that nothing taxes the next slice.

In a slice one process repeats an operation in batches of about 15 ms on one CPU; a batch's cost is
the CPU time of that process (CLOCK_PROCESS_CPUTIME_ID, for fork+exec plus getrusage of the
children) by operation, the first batch is dropped, the median of five is the slice's sample. Wall
time is not used. What a monitor adds is the median over the rounds of (its sample - the mean of the
round's two baselines); "min" is the difference of the smallest batches; IQR is the spread of the
differences between rounds. The A/A figure is what two equal configurations differ by: nothing below
it means anything. A monitor's own CPU is the CPU clock of its processes from before the batches
until it has nothing more to do, by operation; for auditd the kernel thread kauditd is included.
Free memory is touched before that, since on a virtual machine the first use of a page can cost more
than a record. Waking a reader on an idle virtual CPU is dear too: for monitors that wake one at
each event the median is much higher than the minimum, so both are shown.

The floor is a program that does one look into task storage, attached to exactly the system call
tracepoints of include/lw_hooks.def. The policies are policies/default.json with one path more that
alerts, and with or without a record of everything; in row 1 without its loader patterns, since this
driver is a Python, which would be a candidate. Tagged slices must end with an alert on the
forbidden path, so nothing is measured that does not judge. The file that is opened is as deep as a
Python module in a virtual environment; it lies in the build directory.

Storm: two threads, each 1000th open violates the policy; loss is what was done minus the records in
the log, and must equal what the gap records say. Latency: the violator takes CLOCK_BOOTTIME, opens,
and reads the log itself, spinning, until the whole line with the path is there (an upper bound: the
open and the reader's last look are in it). The model load is real (transformers, remote code, all
offline); what it costs is computed from counts of calls and records and the costs of rows 2-5,
since a difference of some percent cannot be seen in paired runs, which are shown with their noise.

Python stacks: a Python opens the forbidden path below 4 to 64 frames; a frame's cost is the slope.

auditd comes last with a baseline of its own: after audit was enabled once, every new task pays
until `auditctl -a never,task` exempts it; that rule is left in place.
"""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import measure
import monitors
import report
import rows
from place import ROOT, BenchError, Place, say

LOADS = ("base", "base2", "shipped", "recorded", "bpftrace", "snoop", "strace-seccomp")
BY_KEY = {cls.key: cls for cls in (monitors.Bare, monitors.BareAgain, monitors.Floor,
                                   *monitors.OURS, monitors.Shipped, monitors.Storm,
                                   *monitors.PEERS, monitors.Auditd)}
# What each row needs beside the two baselines.
NEEDS = {1: ("idle",), 2: ("floor", "live"), 3: ("judged",), 4: ("recorded",), 5: ("recorded",),
         6: (), 7: (), 8: ("idle",), 9: ("live", "judged", "recorded"), 10: ()}


def arguments():
    parser = argparse.ArgumentParser(description="Overhead of loadward beside other monitors.")
    parser.add_argument("--build", default=ROOT / "build", help="build directory")
    parser.add_argument("--quick", action="store_true", help="few rounds: some minutes")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (default 15, quick 5)")
    parser.add_argument("--rows", default="1-10", help="rows of the table, as in 1-4,7")
    parser.add_argument("--peers", help="comma-separated, of: " + ", ".join(rows.PEERS))
    parser.add_argument("--no-peers", action="store_true", help="loadward and the floor only")
    parser.add_argument("--no-loadward", action="store_true", help="the floor and the peers only")
    parser.add_argument("--venv", help="virtual environment with transformers",
                        default="/var/cache/loadward-test/light")
    parser.add_argument("--out", help="JSON with all samples",
                        default=ROOT / "tests" / "bench" / "results")
    parser.add_argument("--write-docs", action="store_true", help="write docs/bench.md and .json")
    args = parser.parse_args()
    try:
        args.rows = parse_rows(args.rows)
    except ValueError:
        parser.error(f"--rows: '{args.rows}' is not like 1-4,7 with rows from 1 to 10")
    args.peers = args.peers.split(",") if args.peers else list(rows.PEERS)
    unknown = set(args.peers) - set(rows.PEERS)
    if unknown:
        parser.error("--peers: unknown: " + ", ".join(sorted(unknown)))
    if args.no_peers:
        args.peers = []
    args.rounds = args.rounds or (5 if args.quick else 15)
    return args


def parse_rows(text):
    out = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        out.update(range(int(first), int(last or first) + 1))
    if not out or not out <= set(NEEDS):
        raise ValueError
    return out


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()


def describe(args, place, peers):
    cpu = [line.split(":")[1].strip() for line in
           pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    version = output_of(str(place.loadward), "--version") if place.loadward.exists() else "(none)"
    return {"loadward": version.replace("loadward ", ""), "kernel": platform.release(),
            "cpu": cpu[0] if cpu else platform.machine(), "cpus": len(os.sched_getaffinity(0)),
            "date": time.strftime("%Y-%m-%d"), "rounds": args.rounds,
            "rows": sorted(args.rows), "path_bytes": len(str(place.file)),
            "load": {"start": os.getloadavg()},
            "peers": {key: BY_KEY[key].version() for key in peers}}


def available(args, place):
    """The peers that can run, and why the others cannot."""
    missing = {key: BY_KEY[key].missing() for key in args.peers}
    if not place.loadward.exists() and not args.no_loadward:
        raise BenchError(f"{place.loadward} is missing: run 'make', or give --no-loadward")
    for key, why in missing.items():
        if why:
            say(f"missing peer: {why}; scripts/bootstrap.sh --bench installs it")
    return ([key for key, why in missing.items() if not why],
            {key: why for key, why in missing.items() if why})


def cost_rounds(args, place, peers):
    """Rounds for the rows that are costs of an operation."""
    wanted = {key for number in args.rows for key in NEEDS[number]}
    if args.no_loadward:
        wanted &= {"floor"}
    if not wanted and not (args.no_loadward and args.rows & {1, 2, 3, 4, 5}):
        return {}
    keys = ["base", *sorted(wanted), "base2", *(key for key in peers if key != "auditd")]
    return measure.rounds([BY_KEY[key] for key in keys], place, args.rounds, "operations")


def storms(args, place, peers):
    if 6 not in args.rows and 8 not in args.rows:
        return {}
    out = {}
    keys = ([] if args.no_loadward else ["storm"]) + [p for p in peers if p != "auditd"]
    for key in keys:
        out[key] = measure.storm(BY_KEY[key], place, 2 if args.quick else 5, 1000)
        say(f"storm: {BY_KEY[key].title} done")
    return out


def loads(args, place, peers, missing):
    """The real model load: samples of each configuration, and its system calls."""
    if 9 not in args.rows:
        return {}, {}
    loader = measure.Loader(place, args.venv)
    if loader.missing():
        missing["load"] = loader.missing()
        say("row 9 is not measured: " + missing["load"])
        return {}, {}
    keys = [key for key in LOADS if key in peers or key in ("base", "base2")
            or (key in ("shipped", "recorded") and not args.no_loadward)]
    loader.once(monitors.Bare)  # writes the caches that every later load finds
    calls = {} if monitors.Strace.missing() else loader.system_calls()
    samples = {key: [] for key in keys}
    count = 3 if args.quick else 9
    for number in range(count):
        for key in measure.rotate(keys, number):
            samples[key].append(loader.once(BY_KEY[key]))
        say(f"loads: round {number + 1} of {count} done, load {os.getloadavg()[0]:.2f}")
    return samples, calls


def audit_rounds(args, place, result, peers):
    """auditd, with baselines of its own between its slices."""
    if "auditd" not in peers or not result["rounds"]:
        return
    count = min(args.rounds, 5)
    with monitors.Auditd(place):
        pass  # from here on audit was enabled once, as for every later baseline
    try:
        result["rounds"].update(measure.rounds([monitors.BareAudited, monitors.Auditd], place,
                                               count, "auditd"))
        if result["storms"]:
            result["storms"]["auditd"] = measure.storm(monitors.Auditd, place, 2, 1000)
    finally:
        say("auditd: left behind: auditctl -a never,task (new tasks are not audited)")


def table(result):
    samples = rows.Samples(result["rounds"])
    makers = {1: rows.idle_rows, 2: rows.live_rows, 3: rows.tagged_rows}
    out = []
    for number, make in makers.items():
        if result["rounds"]:
            out += make(samples)
    out += rows.storm_rows(result["storms"]) + rows.latency_rows(result["latency"])
    out += rows.stack_rows(result["stacks"])
    out += rows.memory_rows(samples, result["storms"])
    out += rows.load_rows(samples, result["loads"], result["calls"])
    return [line for line in out if line["row"] in result["meta"]["rows"]]


def run(args, place):
    peers, missing = available(args, place)
    held = monitors.attached_elsewhere()
    if held:
        say(f"warning: {held} other processes have system call tracepoints attached: all is slower")
    say(f"load average {os.getloadavg()[0]:.2f}: figures are only good on a quiet machine")
    result = {"meta": describe(args, place, peers), "missing": missing}
    result["rounds"] = cost_rounds(args, place, peers)
    result["storms"] = storms(args, place, peers)
    result["latency"] = None
    if 7 in args.rows and not args.no_loadward:
        result["latency"] = measure.latency(place, 500 if args.quick else 2000)
    result["stacks"] = None
    if 10 in args.rows and not args.no_loadward:
        result["stacks"] = measure.stacks(place, 10 if args.quick else 40)
    result["loads"], result["calls"] = loads(args, place, peers, missing)
    audit_rounds(args, place, result, peers)
    result["meta"]["load"]["end"] = os.getloadavg()
    result["rows"] = table(result)
    return result


def store(args, result):
    out = pathlib.Path(args.out)
    if out.suffix != ".json":
        out.mkdir(parents=True, exist_ok=True)
        out /= time.strftime("%Y%m%d-%H%M%S.json")
    out.write_text(json.dumps(result))
    say(f"all samples: {out}")
    if args.write_docs:
        docs = ROOT / "docs"
        docs.joinpath("bench.md").write_text(
            report.markdown(result["rows"], result["meta"], result["missing"], __doc__))
        summary = {key: result[key] for key in ("meta", "missing", "rows")}
        docs.joinpath("bench.json").write_text(json.dumps(summary, indent=1) + "\n")
        say("written: docs/bench.md, docs/bench.json")


def main():
    args = arguments()
    if os.geteuid():
        sys.exit("bench: must be root: it attaches BPF programs")
    place = Place(args.build)
    try:
        result = run(args, place)
    except BenchError as error:
        sys.exit(f"bench: {error}")
    finally:
        place.close()
    print(report.terminal(result["rows"], result["missing"]))
    store(args, result)


if __name__ == "__main__":
    main()
