# SPDX-License-Identifier: Apache-2.0
"""Whom a person is shown: the model's code, also behind what it has started."""

import pytest

import box as b

MODEL = "hf/modules/transformers_modules/acme/x/0123/modeling_x.py"
STEAL = """import os, subprocess, sys

def steal(how, file):
    if how == "open":
        return open(file).read()
    if how == "system":
        return os.system(f"cat {file} >/dev/null; true")
    if how == "subprocess":
        return subprocess.run(["sh", "-c", "exec cat " + file], stdout=subprocess.DEVNULL)
    if how == "python":
        return subprocess.run([sys.executable, "-c", f"open({file!r})"])
    exec(f"open({file!r})")
"""
LINES = {"open": 5, "system": 7, "subprocess": 9, "python": 11, "exec": 12}


def load(box, how, model=MODEL, **k):
    """A loader whose model's code acts, by way of the standard library's imports."""
    file = box.write(box.new("secret") / "secret", "x")
    model = box.write(model, STEAL)
    main = box.write("serve.py", "import runpy, sys\n"
                     "runpy.run_path(sys.argv[1])['steal'](*sys.argv[2:])\n")
    done = box.run(b.PYTHON, main, model, how, file, mode="observe", rules=[
        {"id": "file", "on": "file.open", "path": [str(file)], "action": "alert"}], **k)
    assert done.rc in (0, 1), done.text
    alert, = done.records.alerts("file.open")
    return done, alert, str(model)


@pytest.mark.parametrize("how", LINES)
def test_the_model_is_the_culprit(box, how):
    done, alert, model = load(box, how)
    if how == "python":
        assert b.get(alert, "python.culprit") is None
        assert [f["file"] for f in b.get(alert, "python.stack")] == ["<string>"]
        return
    assert b.get(alert, "python.culprit") == {"file": model, "line": LINES[how],
                                              "function": "steal"}
    assert f"{MODEL.rsplit('/', 1)[1]}:{LINES[how]} in steal" in done.text
    assert STEAL.splitlines()[LINES[how] - 1].strip() in done.text


@pytest.mark.parametrize("how", ("system", "subprocess"))
@pytest.mark.parametrize("record", ((), ("process.*",)))
def test_who_started_it(box, how, record):
    """Neither the shell nor cat has a stack: that of the shell's exec is shown, recorded or not."""
    done, alert, _ = load(box, how, record=record)
    assert b.get(alert, "process.executable").endswith("/cat")
    pid = b.get(alert, "python.origin.pid")
    assert b.get(alert, "python.reason") in ("no Python in this process",
                                             "files of the process not read yet")
    assert f", which executed pid {pid}" in done.text
    if record:
        shell = done.records.find("process.exec", process__pid=pid)[0]
        assert b.get(shell, "python.stack") == b.get(alert, "python.stack")


def test_other_code_where_there_is_no_model(box):
    _, alert, model = load(box, "open", model="plain/x.py")
    assert b.get(alert, "python.culprit.file") == model


def test_a_library_is_no_culprit(box):
    _, alert, model = load(box, "open", model="v/lib/python3.11/site-packages/x.py")
    assert b.get(alert, "python.stack")[0]["file"] == model
    assert b.get(alert, "python.culprit.file").endswith("/serve.py")


def test_names_that_would_act_on_a_terminal(box):
    name = "hf/transformers_modules/a\n\033[2J\u202e\u4e2d.py"
    done, alert, model = load(box, "open", model=name)
    assert b.get(alert, "python.culprit.file") == model
    assert "\033[2J" not in done.text and "\u202e" not in done.text
