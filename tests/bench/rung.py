#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rung.py LOADWARD OPS: what the rung of this kernel costs, as a ratio.

Two processes repeat an operation in turn: one before any loader lives and beside one, and the
loader itself, in each round anew, so that a machine that is busy, or emulated, is so for all.
Figures are medians of CPU time by operation; ratios are what may be compared between machines. A
line a row: operation, base in us, beside a loader, in a loader.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 5
COUNTS = {"open": 2000, "exec": 40, "connect": 400}
POLICY = {"version": 1, "name": "rung", "mode": "enforce",
          "rules": [{"id": "secret", "on": ["file.*", "process.exec"], "path": ["/no/such/**"],
                     "action": "deny"},
                    {"id": "egress", "on": "net.*", "cidr": ["192.0.2.0/24"], "action": "deny"}],
          "default": {"file": "allow", "net": "allow", "exec": "allow", "system": "allow"}}


class Ops:
    """A process of tests/bench/ops.c."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, bufsize=1)
        assert self.process.stdout.readline() == "ready\n"

    def measure(self, operation, count):
        """CPU time of one operation, in us."""
        self.process.stdin.write(f"{operation} {count}\n")
        cpu, _, status = self.process.stdout.readline().split()
        assert status == "0", (operation, status)
        return int(cpu) / count / 1000

    def end(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


def rung(loadward):
    """The backend that denies here, as doctor has seen it."""
    done = subprocess.run([loadward, "doctor", "--json"], capture_output=True, check=False)
    used = {h["backend"] for h in json.loads(done.stdout)["hooks"] if h["attached"]}
    return next((r for r in ("lsm", "fmod_ret") if r in used), "tracepoint")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    loadward, ops = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        file, policy = pathlib.Path(scratch, "file"), pathlib.Path(scratch, "policy.json")
        file.write_text("x")
        policy.write_text(json.dumps(POLICY))
        times = {(o, who): [] for o in COUNTS for who in ("base", "beside", "loader")}
        other = Ops(ops, file)
        for i in range(ROUNDS):
            for operation, count in COUNTS.items():
                times[operation, "base"].append(other.measure(operation, count))
            log = pathlib.Path(scratch, f"log{i}")
            log.mkdir()
            loader = Ops(loadward, "run", "--quiet", "--policy", policy, "--log", log, "--", ops,
                         file)
            for operation, count in COUNTS.items():
                loader.measure(operation, count)    # warms up, and shows that it is watched
                times[operation, "beside"].append(other.measure(operation, count))
                times[operation, "loader"].append(loader.measure(operation, count))
            loader.end()
        other.end()
    name = rung(loadward)
    for operation in COUNTS:
        base, beside, inside = (statistics.median(times[operation, who])
                                for who in ("base", "beside", "loader"))
        print(f"{name:10} {operation:8} {base:9.2f} us   beside a loader x{beside / base:.2f}   "
              f"in a loader x{inside / base:.2f}")


if __name__ == "__main__":
    main()
