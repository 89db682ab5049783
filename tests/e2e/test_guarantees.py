# SPDX-License-Identifier: Apache-2.0
"""What keeps docs/guarantees.md true must itself be able to fail."""

import importlib.util
import json
import os

import pytest

import box as b
import guarantees

COLUMN = "6.1 no bpf"
XML = """<testsuites><testsuite><properties><property name="kernel" value="6.1.9"/>
<property name="machine" value="x86_64"/><property name="rung" value="3"/>
<property name="lsm" value="no bpf"/><property name="part" value=""/></properties>{}
</testsuite></testsuites>"""
CASE = """<testcase classname="tests.e2e.test_open" name="test_home_globs[x]"><properties>
<property name="guarantee" value='{}'/></properties>{}</testcase>"""


def record(outcome, backend="tracepoint"):
    return {"enforcement": {"outcome": outcome, "backend": backend}}


@pytest.mark.parametrize("outcomes,happened,word", [
    ([], True, "open"), (["failed"], True, "open"), (["denied"], False, "denied"),
    (["alerted", "killed-before-effect"], False, "killed-before-effect"),
    (["killed-after-possible-effect"], True, "killed-after-possible-effect"),
    (["killed-after-possible-effect"], False, "killed-after-possible-effect"),
    (["alerted"], True, "alerted")])
def test_outcome(outcomes, happened, word):
    assert guarantees.judge([record(o) for o in outcomes], happened)[0] == word


@pytest.mark.parametrize("outcomes,happened", [
    ([], False), (["failed"], False), (["alerted"], False), (["denied"], True),
    (["killed-before-effect"], True)])
def test_what_contradicts_itself(outcomes, happened):
    with pytest.raises(AssertionError):
        guarantees.judge([record(o) for o in outcomes], happened)


@pytest.fixture
def script(tmp_path, monkeypatch):
    """scripts/guarantees.py on two rows of its own, with results and page."""
    monkeypatch.syspath_prepend(str(b.ROOT / "scripts"))
    spec = importlib.util.spec_from_file_location("script", b.ROOT / "scripts/guarantees.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.TEMPLATE, module.RESULTS, module.PAGE = (
        tmp_path / f"guarantees.{x}" for x in ("in.md", "json", "md"))
    module.TEMPLATE.write_text("# Page\n\n@ a.stopped | this\n@ a.open | that | hole: why\n\n"
                               "@holes\n")
    assert module.update(junit(tmp_path, ("a.stopped", "denied"), ("a.open", "open"))) == 0
    return module


def junit(where, *measured, end=""):
    path = where / "e2e.xml"
    path.write_text(XML.format("".join(CASE.format(json.dumps(
        {"way": way, "outcome": outcome, "backend": "cgroup" if outcome != "open" else ""}), end)
        for way, outcome in measured)))
    return path


def test_the_page(script):
    text = script.PAGE.read_text()
    assert "| `a.stopped` | this | denied (cgroup) |" in text
    assert "| `a.open` | that | **open** |" in text
    assert "- `a.open`, that: why" in text
    assert script.check() == 0


def test_the_same_again(script, tmp_path):
    assert script.compare(junit(tmp_path, ("a.stopped", "denied"), ("a.open", "open")), True) == 0
    assert script.compare(junit(tmp_path, ("a.stopped", "denied")), False) == 0


@pytest.mark.parametrize("measured,every", [
    ([("a.stopped", "killed-before-effect")], False),    # another outcome
    ([("a.stopped", "denied"), ("a.stopped", "open")], False),    # the weakest counts
    ([("a.open", "denied")], False),    # a hole that was closed
    ([("a.new", "denied")], False),    # no row
    ([("a.stopped", "denied")], True),    # a row that was not measured
    ([], True)])
def test_a_run_that_differs(script, tmp_path, measured, every, capsys):
    assert script.compare(junit(tmp_path, *measured), every) == 1
    assert "FAIL guarantees: " in capsys.readouterr().out


def test_a_test_that_failed_says_nothing(script, tmp_path):
    failed = junit(tmp_path, ("a.stopped", "denied"), ("a.open", "open"), end="<failure/>")
    assert script.compare(failed, True) == 1


@pytest.mark.parametrize("old,new", [
    ("@ a.open", "@ a.new | unmeasured\n@ a.open"), ("@ a.stopped | this\n", ""),
    (" | hole: why", ""), ("| this", "| this | hole: none"), ("| this", "| this, changed"),
    ("@ a.open", "@ a.stopped"), ("@ a.open |", "@ a.open")])
def test_a_template_that_does_not_fit(script, old, new):
    text = script.TEMPLATE.read_text()
    assert old in text
    script.TEMPLATE.write_text(text.replace(old, new, 1))
    assert script.check() == 1


def test_a_test_that_is_gone(script):
    text = script.RESULTS.read_text()
    script.RESULTS.write_text(text.replace("test_home_globs", "test_of_nothing", 1))
    script.render()
    assert script.check() == 1


def test_the_corpus(script, tmp_path):
    def runs(hit, effect):
        for mode in "alert", "enforce":
            (tmp_path / f"{mode}.jsonl").write_text(json.dumps(
                {"id": "x", "kind": "attack", "class": "race", "core": True, "verdict": "?",
                 "hit": hit, "effect": effect}) + "\n")
        return tmp_path
    measured = junit(tmp_path, ("a.stopped", "denied"), ("a.open", "open"))
    assert script.update(measured, runs([["a"]], False)) == 0
    results = json.loads(script.RESULTS.read_text())
    assert results[COLUMN]["corpus"] == {"race": {"cases": 1, "unseen": [], "effects": []}}
    name = ".".join(os.uname().release.split(".")[:2])
    script.RESULTS.write_text(script.RESULTS.read_text().replace(
        COLUMN, f"{name} no bpf"))
    assert script.corpus_compare(runs([["a"]], False)) == 0
    assert script.corpus_compare(runs([], False)) == 1
    assert script.corpus_compare(runs([["a"]], True)) == 1
