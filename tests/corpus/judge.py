#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""judge.py MODE NUMBER FILE: prints what the runner's results mean, by class; status 1 when a promised one failed.
judge.py --sum DIR MODE...: the last line over several modes.
judge.py --doubtful FILE: names the attacks that left no trace at all: maybe this machine cannot run them
judge.py --excuse FILE PLAIN: skips those that had no effect without a monitor either (PLAIN: that run's results)"""
import json
import os
import sys

AFTER = "killed-after-possible-effect"


def counts(row):
    """Does the case decide the exit status? Extended cases are beyond a first release."""
    return row["core"]


def stopped_late(row):
    """Reported, and killed when the effect could not be prevented any more: what the record itself says, and
    docs/guarantees.md of this kernel."""
    return row["verdict"] == "FAIL" and row.get("effect") and any(AFTER in hit[0] for hit in row.get("hit") or [])


def stopped_early(row):
    """Reported, and stopped at a step before the one that the case is about: a rule forbids the way already."""
    return row["mode"] == "enforce" and row["verdict"] == "FAIL" and row["kind"] == "attack" and \
        not row.get("effect") and row.get("alerts", 0) > 0


def failed(row):
    if row["verdict"] == "skip":
        return os.environ.get("CI") == "true" and not row["why"].startswith("no interpreter")
    return row["verdict"] != "pass" and not stopped_late(row) and not stopped_early(row)


def doubtful(row):
    return row["verdict"] == "FAIL" and row["kind"] == "attack" and not row.get("effect") and not row.get("alerts")


def excuse(file, plain):
    rows = [json.loads(line) for line in open(file)]
    idle = {r["id"] for r in map(json.loads, open(plain)) if r.get("effect") is False}
    for row in rows:
        if doubtful(row) and row["id"] in idle:
            row.update(verdict="skip", why="cannot: no effect without a monitor either")
    with open(file, "w") as f:
        f.writelines(json.dumps(r) + "\n" for r in rows)


def load(file, mode):
    rows = [json.loads(line) for line in open(file)]
    for row in rows:
        row["mode"] = mode
        row["class"] = "benign" if row["kind"] == "benign" else row.get("class") or "unknown"
    return rows


def tally(rows):
    gated = [r for r in rows if counts(r)]
    bad = sum(failed(r) for r in gated)
    skips = sum(r["verdict"] == "skip" and not failed(r) for r in gated)
    return len(gated) - bad - skips, bad, skips


def show(mode, rows):
    print(f"corpus, {'no monitor' if mode == 'none' else mode}")
    for name in sorted({r["class"] for r in rows}, key=lambda c: (c == "benign", c)):
        mine = [r for r in rows if r["class"] == name and r["core"]]
        more = [r for r in rows if r["class"] == name and not r["core"]]
        text = "  ".join(f"{sum(not failed(r) and r['verdict'] != 'skip' for r in part)} of {len(part)}{word}"
                         for part, word in ((mine, ""), (more, " extended")) if part)
        late = sum(map(stopped_late, mine + more))
        print(f"  {name:16} {text}{f'   ({late} killed after possible effect)' if late else ''}")
    for r in rows:
        if failed(r):
            word = "FAIL" if counts(r) else "miss"
            print(f"{word} {mode} {r['class']}: {r['id']}: {r.get('note') or r.get('why') or ''}"
                  f"{' alerts ' + str(r['alerts']) if 'alerts' in r else ''} {r.get('false_alerts') or r.get('hit') or ''}")
        elif r["verdict"] == "skip":
            print(f"SKIP {mode} {r['id']}: {r['why']}")


def main():
    if sys.argv[1] == "--doubtful":
        print("\n".join(r["id"] for r in map(json.loads, open(sys.argv[2])) if doubtful(r)))
        return 0
    if sys.argv[1] == "--excuse":
        excuse(*sys.argv[2:])
        return 0
    if sys.argv[1] == "--sum":
        rows = [r for m in sys.argv[3:] for r in load(f"{sys.argv[2]}/{m}.jsonl", m)]
        missing = 0
    else:
        mode, number, file = sys.argv[1:]
        rows = load(file, mode)
        show(mode, rows)
        missing = int(number) - len(rows)
        if missing:
            print(f"FAIL {mode}: {missing} of {number} cases gave no result")
    good, bad, skips = tally(rows)
    print(f"{good} passed, {bad + missing} failed, {skips} skipped")
    return bad + missing > 0


if __name__ == "__main__":
    sys.exit(main())
