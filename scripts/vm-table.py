#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""vm-table.py DIRECTORY...: what scripts/vm-test.sh has found in its guests, as tables.

The first has a row a test file and a column a guest: passed/failed/skipped. The second has a row a
hook: how it is attached, or why not. The third has a row an effect of doctor's self-test: what
became of it. Where doctor alone was to run (arm64) there are no other tests. Last line: N passed,
N failed, N skipped. A guest that did not report is a failure, as is one that ran no test.
"""

import json
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

import hooks

SUM = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)


class Guest:
    """What a directory of results says."""

    def __init__(self, path):
        self.path, self.name = path, path.name
        self.rows, self.failed_tests, self.hooks, self.skips = {}, [], {}, []
        self.effects = {}
        outcome = self.text("outcome").strip()
        self.state, _, self.note = outcome.partition(": ")
        if self.state not in ("run", "doctor"):
            self.rows["guest"] = (0, 1, 0)
            self.failed_tests.append(f"guest: {outcome}")
            return
        self.doctor()
        if self.state == "run":
            self.counted("tests/bpf", "bpf.log")
            if self.text("corpus.log"):
                self.counted("corpus, enforce", "corpus.log")
            self.e2e()

    def text(self, name):
        file = self.path / name
        return file.read_text(errors="replace") if file.exists() else ""

    def doctor(self):
        try:
            said = json.loads(self.text("doctor.json"))
        except ValueError:
            said = {"system": [], "hooks": [], "selftest": [], "ready": False}
            self.failed_tests.append("doctor: " + self.text("doctor.err").strip())
        self.hooks = hooks.places(said)
        facts = {fact["name"]: fact for fact in said["system"]}
        self.effects["kernel"] = facts.get("kernel", {}).get("text", "?")
        self.effects["denied by"] = self.rung(facts)
        self.effects.update(hooks.effects(said))
        bad = [t["event"] for t in said["selftest"] if not t["ok"]]
        self.failed_tests += [f"doctor: {event}" for event in bad]
        good = len(said["selftest"]) - len(bad)
        self.rows["doctor"] = (good, len(bad) or int(not said["ready"]), 0)

    def rung(self, facts):
        """What denies an open: the strongest that is attached."""
        backend = self.hooks.get("security_file_open")
        if backend in hooks.BACKENDS.values():
            return backend
        can = facts.get("fanotify", {}).get("text", "").startswith("can deny")
        return "fanotify" if can else "nothing: SIGKILL"

    def counted(self, name, log):
        """A log that ends with its sum; one that does not has failed."""
        found = SUM.findall(self.text(log))
        counts = tuple(map(int, found[-1])) if found else (0, 0, 0)
        if not sum(counts):
            counts = (0, 1, 0)
        if counts[1]:
            self.failed_tests.append(f"{name}: see {log}")
        self.rows[name] = counts

    def e2e(self):
        try:
            cases = list(ElementTree.parse(self.path / "e2e.xml").iter("testcase"))
        except (OSError, ElementTree.ParseError):
            cases = []
        for case in cases:
            file = case.get("classname").rpartition(".")[2]
            old = self.rows.get(file, (0, 0, 0))
            failed = case.find("failure") is not None or case.find("error") is not None
            skip = None if failed else case.find("skipped")
            # Under CI a skip of what the guest could run is a failure.
            if skip is not None and os.environ.get("CI") == "true":
                failed = not skip.get("message", "").startswith("cannot: ")
            if failed:
                self.failed_tests.append(f"{file}::{case.get('name')}")
            elif skip is not None:
                self.skips.append(f"{file}::{case.get('name')}: {skip.get('message')}")
            one = (0, 1, 0) if failed else (0, 0, 1) if skip is not None else (1, 0, 0)
            self.rows[file] = tuple(map(sum, zip(old, one)))
        if not cases:
            self.rows["tests/e2e"] = (0, 1, 0)
            self.failed_tests.append("tests/e2e: ran no test: see e2e.log")
        for line in self.text("e2e.log").splitlines():
            if line.startswith("FAIL guarantees: "):
                self.failed_tests.append(line.removeprefix("FAIL "))
                self.rows["guarantees"] = tuple(map(sum, zip(self.rows.get("guarantees", (0, 0, 0)),
                                                             (0, 1, 0))))

    def sum(self):
        return tuple(map(sum, zip((0, 0, 0), *self.rows.values())))


def lines(head, rows):
    table = [head] + rows
    widths = [max(len(r[i]) for r in table) for i in range(len(head))]
    return ["  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip() for r in table]


def counts(row):
    if row is None:
        return ""
    passed, failed, skipped = row
    return f"{passed}" + (f" FAILED {failed}" if failed else "") + \
        (f" skipped {skipped}" if skipped else "")


def main(args):
    guests = [Guest(pathlib.Path(a)) for a in args]
    head = [""] + [g.name for g in guests]
    names = list(dict.fromkeys(n for g in guests for n in g.rows))
    print("\n".join(lines(head, [[n] + [counts(g.rows.get(n)) for g in guests] for n in names])))
    all_hooks = list(dict.fromkeys(h for g in guests for h in g.hooks))
    print("\n" + "\n".join(lines(head, [[h] + [g.hooks.get(h, "?") for g in guests]
                                       for h in all_hooks])))
    print("   ".join(f"{word}: {text}" for word, text in hooks.LEGEND.items()) + "\n")
    effects = list(dict.fromkeys(e for g in guests for e in g.effects))
    print("\n".join(lines(head, [[e] + [g.effects.get(e, "?") for g in guests]
                                 for e in effects])) + "\n")
    for g in guests:
        if g.note:
            print(f"NOTE {g.name}: {g.note}")
        for skip in g.skips:
            print(f"SKIP {g.name}: {skip}")
        for test in g.failed_tests:
            print(f"FAIL {g.name}: {test}")
    passed, failed, skipped = map(sum, zip((0, 0, 0), *(g.sum() for g in guests)))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
