# SPDX-License-Identifier: Apache-2.0
"""credential.*, process.prctl: what asks for more than the process has, and nothing else."""

import pytest

import box as b
from attempts import Attempts, is_killed

KINDS = ["credential.setid", "credential.capset", "credential.keyring", "process.prctl"]
WAYS = b.ways("cred_ways")
ROOT = ["root-again", "root-group"]
HARMLESS = [w for w in WAYS if w.startswith("harmless-")]
FORBIDDEN = [w for w in WAYS if w not in HARMLESS + ROOT]
# A key outlives the process; memory that another process shares does too.
AFTER = [w for w in FORBIDDEN if "key" in w] + ["prctl-mm-shared"]
OPERATIONS = {
    "setuid": ["user"], "setreuid-32": ["user"], "setfsuid-16": ["user"], "setgid": ["group"],
    "setregid-16": ["group"], "setgroups": ["groups"], "setgroups-16": ["groups"],
    "setuid-wide": ["user"], "root-in-namespace": ["user", "root"],
    "capset-inheritable": ["inheritable"], "capset-high": ["inheritable"],
    "capset-effective": ["effective"], "capset-old": ["inheritable"],
    "capset-unreadable": ["effective", "permitted", "inheritable"],
    "keyctl-join": ["join-session"], "keyctl-read": ["read"], "keyctl-wide": ["read"],
    "add-key": ["add"], "request-key": ["request"],
    "prctl-dumpable": ["set-dumpable"], "prctl-wide": ["set-dumpable"],
    "prctl-mm": ["set-mm"], "prctl-ptracer": ["set-ptracer"], "prctl-ambient": ["cap-ambient"]}


@pytest.fixture(scope="module")
def seen(box):
    return Attempts(box, "cred_ways", KINDS, "alert")


@pytest.fixture(scope="module")
def stopped(box):
    return Attempts(box, "cred_ways", KINDS, "kill")


@pytest.mark.parametrize("way", FORBIDDEN)
def test_seen(seen, way):
    alert = seen.alert(way)
    assert seen.truths[way]["done"]
    assert b.get(alert, "rule.id") == seen.truths[way]["event"]
    assert b.get(alert, "enforcement.outcome") == "alerted"
    assert b.get(alert, "call.compat") is (True if way.endswith(("-32", "-16")) else None)
    if way in OPERATIONS:
        assert seen.operation(way) == OPERATIONS[way]


@pytest.mark.parametrize("way", FORBIDDEN)
def test_stopped(stopped, way, guarantee):
    truth, alert = stopped.truths[way], stopped.alert(way)
    assert (truth["signal"] == 9 or way == "prctl-mm-shared") and not truth["done"], truth
    guarantee(f"cred.{way}", [alert], happened=truth["done"] or truth["got"])
    assert b.stopped_as(alert, "killed-after-possible-effect" if way in AFTER else
                        "killed-before-effect")


@pytest.mark.parametrize("way", HARMLESS)
@pytest.mark.parametrize("mode", ["seen", "stopped"])
def test_harmless(request, mode, way):
    attempts = request.getfixturevalue(mode)
    assert attempts.truths[way]["done"] and attempts.truths[way]["signal"] == 0
    assert not attempts.records[way].alerts(), attempts.records[way]


@pytest.mark.parametrize("way", ROOT)
def test_becoming_root(box, way, guarantee):
    """A rule on `root` alone lets a server step down, and not up again."""
    done = box.run(b.TRIGGERS / "cred_ways", way, rules=[
        {"id": "root", "on": "credential.setid", "operation": "root", "action": "kill"}])
    truth = done.truths[way]
    assert is_killed(truth), truth
    alert, = done.records.alerts(process__pid=truth["pid"])
    assert b.get(alert, "call.operation") == (
        ["user", "root"] if way == "root-again" else ["groups", "root"])
    guarantee(f"cred.{way}", [alert], happened=truth["done"])


def test_an_operation_is_allowed(box):
    done = box.run(b.TRIGGERS / "cred_ways", "prctl-dumpable,prctl-mm", rules=[
        {"id": "hide", "on": "process.prctl", "operation": "set-dumpable", "action": "allow"},
        {"id": "prctl", "on": "process.prctl", "action": "kill"}])
    assert done.truths["prctl-dumpable"]["done"] and is_killed(done.truths["prctl-mm"])
    alert, = done.records.alerts()
    assert b.get(alert, "rule.id") == "prctl" and b.get(alert, "call.operation") == ["set-mm"]
