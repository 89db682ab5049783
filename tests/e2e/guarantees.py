# SPDX-License-Identifier: Apache-2.0
"""What a way round came to: from what was reported, and from what really happened.

Every way is a row of docs/guarantees.in.md ("@ id | what is tried"), and a test measures it:

    def test_x(box, guarantee):
        done = box.run(..., rules=[... "action": "kill" or "deny"], mode="enforce")
        truth = done.truths["x"]
        guarantee("file.unlink.x", done.records.alerts(process__pid=truth["pid"]),
                  happened=not path.exists())

happened is the trigger's ground truth: did the bytes arrive, is the file gone. Nobody types an
outcome. With no alert and happened, the row is an open hole; its reason stands in the row ("| hole:
reason"), and must go when the hole is closed. Afterwards

    scripts/guarantees.py update build/e2e.xml

puts what the tests of that run measured into docs/guarantees.json and writes docs/guarantees.md;
every later run fails where it measures something else. A merge conflict in the two: take either
side and update again.
"""

import json
import os
import pathlib
import subprocess

# Strongest first. The first four are words of enforcement.outcome.
OUTCOMES = ("denied", "killed-before-effect", "killed-after-possible-effect", "alerted", "open",
            "impossible")
BEFORE = OUTCOMES[:2]


def judge(alerts, happened):
    """The outcome of an attempt and the backend that brought it about."""
    known = [r["enforcement"] for r in alerts if r["enforcement"]["outcome"] in OUTCOMES]
    if not known:
        assert happened, f"no effect, and nothing stopped it: the way is not tried: {alerts}"
        return "open", ""
    best = min(known, key=lambda e: OUTCOMES.index(e["outcome"]))
    word = best["outcome"]
    assert not (happened and word in BEFORE), f"the effect happened, the record says {word}"
    assert happened or word != "alerted", "only reported, yet there was no effect: not tried"
    return word, best["backend"]


class Guarantee:
    """The fixture: a call measures one row."""

    def __init__(self, record_property):
        self.record = record_property

    def __call__(self, way, alerts, happened):
        """Says that the way came to this. Gives the outcome."""
        word, backend = judge(alerts, bool(happened))
        self.record("guarantee", json.dumps({"way": way, "outcome": word, "backend": backend}))
        return word

    def impossible(self, way, truth):
        """The kernel itself refuses, whoever asks: truth is of a run that nobody watched."""
        assert truth["errno"] and not truth["got"], truth
        self.record("guarantee", json.dumps({"way": way, "outcome": "impossible",
                                             "backend": os.strerror(truth["errno"])}))


def column(loadward):
    """Where the results belong: this kernel, and the rung of the ladder that the product is on, as
    doctor says ($LOADWARD_DOCTOR: what it has said here already)."""
    file = os.environ.get("LOADWARD_DOCTOR")
    said = pathlib.Path(file).read_bytes() if file else subprocess.run(
        [loadward, "doctor", "--json"], capture_output=True, check=False).stdout
    hooks = [h["where"] for h in json.loads(said)["hooks"] if h["attached"]]
    assert hooks, said
    rung = 1 if any(w.startswith("lsm") for w in hooks) else \
        2 if any(w.startswith("fmod_ret") for w in hooks) else 3
    try:
        modules = pathlib.Path("/sys/kernel/security/lsm").read_text().split(",")
    except OSError:    # a kernel without securityfs: no module can be named
        modules = []
    release = os.uname().release.split("-")[0].split("+")[0]
    return {"kernel": release, "rung": rung, "machine": os.uname().machine,
            "lsm": "lsm" if "bpf" in modules else "no bpf",
            "part": os.environ.get("LOADWARD_E2E_PART", "")}
