# SPDX-License-Identifier: Apache-2.0
"""--pickle-audit: which globals a pickle has named, in the violations that follow."""

import pickle
import subprocess

import pytest

import box as b

LOAD = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))"
SECRET = [{"id": "secret", "on": "file.open", "path": ["/etc/shadow"], "action": "alert"}]


def reduce(module, name, argument):
    """A pickle that calls module.name(argument), whether or not there is such a thing."""
    return (b"\x80\x04" + b"".join(
        b"X" + len(text).to_bytes(4, "little") + text
        for text in (module.encode(), name.encode())) + b"\x93"
        + b"X" + len(argument.encode()).to_bytes(4, "little") + argument.encode() + b"\x85R.")


def load(box, data, *options, **k):
    path = box.dir("pickles") / "x.pkl"
    path.write_bytes(data)
    k.setdefault("rules", SECRET)
    return box.run(b.PYTHON, "-c", LOAD, path, options=options, **k)


def names(done):
    return [(b.get(r, "python.pickle.module"), b.get(r, "python.pickle.name"))
            for r in done.records.find("pickle.global")]


def test_what_a_pickle_executes(box):
    """The shell and what it runs have unpickled nothing themselves: their parent has."""
    data = reduce("posix", "system", "cat /etc/shadow >/dev/null")
    done = load(box, data, "--pickle-audit")
    assert done.rc == 0, done.text
    assert names(done) == [("posix", "system")]
    alert, = done.records.alerts("file.open")
    assert b.get(alert, "process.executable").endswith("/cat")
    assert b.get(alert, "python.pickle.globals") == ["posix.system"]
    assert "  pickle  last named posix.system\n" in done.text


def test_only_where_it_is_asked_for(box):
    done = load(box, reduce("posix", "system", "cat /etc/shadow >/dev/null"))
    assert done.rc == 0, done.text
    assert not names(done)
    alert, = done.records.alerts("file.open")
    assert b.get(alert, "python.pickle") is None
    assert "  pickle " not in done.text


def test_an_own_call(box):
    data = reduce("builtins", "eval", "open('/etc/shadow').read() and None")
    alert, = load(box, data, "--pickle-audit").records.alerts("file.open")
    assert b.get(alert, "python.pickle.globals") == ["builtins.eval"]


@pytest.mark.parametrize("module", ["caf\u00e9", "\u4e2d\u6587", "\U0001f600.x", "a\n\u001b[2J",
                                    "m" * 128])
def test_any_text(box, module):
    """Names of every kind of str; that there is no such module is seen afterwards."""
    done = load(box, reduce(module, "system", "x"), "--pickle-audit")
    assert done.rc == 1 and "Error" in done.text
    assert names(done) == [(module, "system")]


def test_long_names_are_cut(box):
    done = load(box, reduce("m" * 200, "\u4e2d" * 100, "x"), "--pickle-audit")
    assert names(done) == [("m" * 128, "\u4e2d" * 64)]
    record, = done.records.find("pickle.global")
    assert b.get(record, "event.truncated") is True


def test_the_last_ones(box):
    """Each once, however often it is named, and the newest first in a violation."""
    globs = [("os", "getcwd"), ("os", "getpid"), ("os", "getcwd")]
    code = ("import pickle\n"
            f"for m, n in {globs!r} * 100:\n"
            "    pickle.loads(b'c' + m.encode() + b'\\n' + n.encode() + b'\\n.')\n"
            "open('/etc/shadow')\n")
    done = box.run(b.PYTHON, "-c", code, rules=SECRET, options=["--pickle-audit"])
    assert names(done) == globs[:2]
    alert, = done.records.alerts("file.open")
    assert b.get(alert, "python.pickle.globals") == ["os.getcwd", "os.getpid"]


def test_not_of_others(box):
    """A process that is no loader runs the same file, and is not reported."""
    other = subprocess.Popen([b.PYTHON, "-c", "import pickle, sys\n"
                              "for line in sys.stdin:\n"
                              "    pickle.loads(b'cos\\ngetcwd\\n.'); print(flush=True)\n"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process, log = box.start(b.PYTHON, "-c", "import pickle; print('ready', flush=True)\n"
                             "input(); pickle.loads(b'cos\\ngetpid\\n.')\n", rules=SECRET,
                             options=["--pickle-audit"], stdin=subprocess.PIPE)
    process.stdout.readline()
    out, _ = other.communicate(b"\n")
    assert out == b"\n"
    done = box.finish(process, log, b"\n")
    assert done.rc == 0, done.text
    assert names(done) == [("os", "getpid")]


def test_protocols(box):
    """By every opcode that names a global."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        done = load(box, pickle.dumps(len, protocol), "--pickle-audit")
        assert done.rc == 0, done.text
        assert [name for _, name in names(done)] == ["len"], protocol
