# SPDX-License-Identifier: Apache-2.0
"""From samples to the rows of the table: values, targets, verdicts."""

import statistics

PEERS = ("bpftrace", "snoop", "auditd", "strace-seccomp", "strace")
FLOOR_FACTOR = 1.15  # an untagged open may cost this much of the floor


def quantile(values, q):
    """Linear interpolation between the ordered values."""
    values = sorted(values)
    at = (len(values) - 1) * q
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


class Samples:
    """The rounds of one run; differences are taken within a round, so that drift cancels."""

    def __init__(self, rounds):
        self.rounds = rounds

    def has(self, key):
        return bool(self.rounds.get(key))

    def base(self, key):
        """The baseline configurations that belong to a configuration's rounds."""
        return ("base-audit",) if key == "auditd" else ("base", "base2")

    def differences(self, key, operation):
        bases = [self.rounds[name] for name in self.base(key)]
        return [sample[operation]["median"] - statistics.mean(b[operation]["median"] for b in base)
                for sample, base in zip(self.rounds[key], zip(*bases))]

    def added(self, key, operation, per=1):
        """CPU ns that a configuration adds to one operation (divided by `per`)."""
        if not self.has(key):
            return None
        diffs = self.differences(key, operation)
        lowest = min(s[operation]["min"] for name in self.base(key) for s in self.rounds[name])
        return {"median": statistics.median(diffs) / per,
                "min": (min(s[operation]["min"] for s in self.rounds[key]) - lowest) / per,
                "iqr": (quantile(diffs, .75) - quantile(diffs, .25)) / per}

    def absolute(self, key, operation):
        return statistics.median(s[operation]["median"] for s in self.rounds[key])

    def monitor(self, key, operation):
        """The monitor's own CPU ns per operation."""
        if not self.has(key):
            return None
        return {"median": statistics.median(s[operation]["monitor"] for s in self.rounds[key]),
                "min": min(s[operation]["monitor"] for s in self.rounds[key])}

    def noise(self, operation, per=1):
        """A/A: the second baseline minus the first, of the same round."""
        diffs = [b[operation]["median"] - a[operation]["median"]
                 for a, b in zip(self.rounds["base"], self.rounds["base2"])]
        return {"median": statistics.median(diffs) / per,
                "worst": max(map(abs, diffs)) / per}


def row(number, what, unit, value, target=None, **extra):
    """One line of the table; target: the value may not exceed it."""
    out = {"row": number, "what": what, "unit": unit, "value": value, "target": target, **extra}
    if target is not None and value is not None:
        out["missed_by"] = max(0.0, value - target)
    return out


def cost(samples, number, what, key, operation, target, per=1, unit="ns"):
    """A row of CPU time added in the caller, with the peers beside it."""
    scale = per * {"ns": 1, "us": 1000}[unit]
    ours = samples.added(key, operation, scale)
    peers = {peer: samples.added(peer, operation, scale) for peer in PEERS if samples.has(peer)}
    return row(number, what, unit, ours and ours["median"], target, detail=ours, peers=peers,
               aa=samples.noise(operation, scale), base=samples.absolute("base", operation) / scale)


def idle_rows(s):
    return [cost(s, 1, f"no loader lives: {name}, a call", "idle", op, 10, per)
            for name, op, per in (("getppid", "getppid", 1), ("open+close", "open", 2),
                                  ("pipe write+read", "pipe", 2))]


def live_rows(s):
    floor = s.added("floor", "open")
    target = floor and floor["median"] * FLOOR_FACTOR
    out = [cost(s, 2, "untagged while a loader lives: open+close", "live", "open", target)]
    out[0]["floor"] = floor
    if floor and out[0]["value"] is not None:
        out[0]["ratio"] = out[0]["value"] / floor["median"]
    for name, op, per in (("getppid", "getppid", 1), ("pipe write+read, a call", "pipe", 2)):
        line = cost(s, 2, f"untagged while a loader lives: {name}", "live", op, 60, per)
        line["floor"] = s.added("floor", op, per)
        out.append(line)
    return out


def tagged_rows(s):
    out = [cost(s, 3, "tagged open+close, judged, no record wanted", "judged", "open", 900),
           cost(s, 4, "tagged open+close with record on disk", "recorded", "open", 1270)]
    ours = s.monitor("recorded", "open")
    out.append(row(4, "daemon CPU a record", "ns", ours and ours["median"], 1500, detail=ours,
                   peers={p: s.monitor(p, "open") for p in PEERS if s.has(p)}))
    out.append(cost(s, 5, "fork+exec+exit with records", "recorded", "exec", 35, unit="us"))
    out.append(cost(s, 5, "connect (loopback TCP) with record", "recorded", "connect", 4,
                    unit="us"))
    return out


def storm_rows(storms):
    ours = storms.get("storm")
    peers = {key: 100 * (1 - s["reported"] / s["opens"]) for key, s in storms.items()
             if key != "storm" and s["opens"]}
    if not ours:
        return [row(6, "2-thread storm", "events", None, 0, peers=peers)]
    uncounted = abs(ours["opens"] - ours["reported"] - ours["lost"])
    lost = ours["violations"] - ours["reported_violations"]
    percent = 100 * (1 - ours["reported"] / ours["opens"])
    return [row(6, f"2-thread storm: violations lost of {ours['violations']}", "events", lost, 0,
                storm=ours),
            row(6, f"2-thread storm: {ours['opens']} opens - {ours['reported']} records - "
                f"{ours['lost']} counted lost", "events", uncounted, 0, storm=ours),
            row(6, "2-thread storm: telemetry lost (counted)", "%", percent, None, peers=peers,
                storm=ours)]


def latency_rows(latency):
    if not latency or not latency["ns"]:
        return [row(7, "violation to line in the log, p50", "us", None, 30),
                row(7, "violation to line in the log, p99", "us", None, 1000)]
    us = [ns / 1000 for ns in latency["ns"]]
    extra = {"of": len(us), "lost": latency["lost"], "min": min(us), "max": max(us)}
    return [row(7, f"violation to line in the log, p50 of {len(us)}", "us", quantile(us, .5), 30,
                **extra),
            row(7, f"violation to line in the log, p99 of {len(us)}", "us", quantile(us, .99), 1000,
                **extra)]


def stack_rows(stacks):
    if not stacks:
        return [row(10, "Python stack of a violation, a frame", "ns", None, 1000)]
    at = {depth: statistics.median(ns) for depth, ns in stacks["ns"].items()}
    low, high = min(at), max(at)
    frame = (at[high] - at[low]) / (high - low)
    return [row(10, f"Python stack of a violation, a frame (of {low} to {high})", "ns", frame, 1000,
                by_depth=at, lost=stacks["lost"]),
            row(10, f"Python stack of a violation, {high} frames", "us",
                (at[high] - at[low] + low * frame) / 1000, 70)]


def memory_rows(s, storms):
    def peak(samples):
        return max((x["memory"].get("VmHWM", 0) for x in samples), default=0) / 1024

    def parts(samples):
        return max((x["memory"] for x in samples), key=lambda m: m.get("VmHWM", 0), default={})
    out = []
    idle = s.rounds.get("idle", [])
    out.append(row(8, "daemon RSS, default settings, idle (VmHWM)", "MiB",
                   peak(idle) if idle else None, 40, memory=parts(idle),
                   maps=max((x.get("maps", 0) for x in idle), default=0),
                   peers={p: peak(s.rounds[p]) for p in PEERS if s.has(p)}))
    started = [x["start_ms"] for x in s.rounds.get("judged", [])]
    out.append(row(8, "`loadward run` to the first instruction of the program (wall)", "ms",
                   statistics.median(started) if started else None,
                   peers={p: statistics.median(x["start_ms"] for x in s.rounds[p])
                          for p in PEERS if p.startswith("strace") and s.has(p)}))
    busy = [storms["storm"]] if "storm" in storms else []
    out.append(row(8, "daemon RSS after the storm (VmHWM)", "MiB", peak(busy) if busy else None, 40,
                   memory=parts(busy), peers={p: peak([storms[p]]) for p in PEERS if p in storms}))
    return out


def computed(s, calls, records, base_cpu):
    """Share of a load that counts x costs predict, %; None where one was not measured."""
    need = [s.added(key, op) for key, op in (("judged", "open"), ("recorded", "open"),
                                             ("recorded", "exec"), ("recorded", "connect"),
                                             ("judged", "getppid"))]
    if None in need or not calls:
        return None
    judged, recorded, exec_, connect, other = (x["median"] for x in need)
    opens = sum(calls.get(name, 0) for name in ("open", "openat", "openat2", "creat"))
    execs = calls.get("execve", 0) + calls.get("execveat", 0)
    nets = sum(calls.get(n, 0) for n in ("connect", "sendto", "sendmsg", "sendmmsg", "bind",
                                         "listen", "socket"))
    rest = sum(calls.values()) - 2 * opens - execs - nets  # an open's figure holds its close
    written = sum(n for kind, n in records.items() if kind.startswith("file.open"))
    added = (opens * judged + written * (recorded - judged) + execs * exec_ + nets * connect
             + rest * other)
    return {"percent": 100 * added / base_cpu, "added_ms": added / 1e6, "opens": opens,
            "records": written, "calls": sum(calls.values())}


def load_rows(s, loads, calls):
    if not loads:
        return [row(9, "a transformers load: added, counts x costs", "%", None, 1),
                row(9, "a transformers load: daemon CPU", "ms", None, 20)]
    base = [statistics.mean((a["cpu"], b["cpu"])) for a, b in zip(loads["base"], loads["base2"])]
    paired = {key: [100 * (x["cpu"] / b - 1) for x, b in zip(samples, base)]
              for key, samples in loads.items()}
    paired["base2"] = [100 * (b["cpu"] / a["cpu"] - 1)
                       for a, b in zip(loads["base"], loads["base2"])]
    monitor = {key: statistics.median(x["monitor"] for x in samples) / 1e6
               for key, samples in loads.items()}
    out = []
    for key, name in (("shipped", "default policy"), ("recorded", "everything recorded")):
        mine = loads.get(key)
        predicted = mine and computed(s, calls, mine[-1]["records"], statistics.median(base))
        out.append(row(9, f"a transformers load, {name}: added, counts x costs", "%",
                       predicted and predicted["percent"], 1, computed=predicted))
        out.append(row(9, f"a transformers load, {name}: daemon CPU", "ms",
                       monitor[key] if mine else None, 20,
                       peers={p: monitor[p] for p in PEERS if p in monitor}))
        out.append(row(9, f"a transformers load, {name}: paired runs, added", "%",
                       statistics.median(paired[key]) if mine else None,
                       aa={"median": statistics.median(paired["base2"]),
                           "worst": max(map(abs, paired["base2"]))},
                       peers={p: statistics.median(paired[p]) for p in PEERS if p in paired},
                       base=statistics.median(base) / 1e6))
    return out
