# SPDX-License-Identifier: Apache-2.0
"""The Python stack of a violation: what the interpreter itself says, frame by frame."""

import json
import re
import shutil
import subprocess

import pytest

import box as b

FIXTURES = b.ROOT / "tests/fixtures"
FRAMES_MAX = 64
KNOWN = range(8, 16)    # minor releases of CPython 3
INTERPRETERS = ("bullseye", "trixie", "sid-3.14", "sid", "shared", "3.8", "3.9", "3.10", "3.11",
                "3.12", "3.13")
KINDS = ("file.open", "net.connect", "process.exec")


def rules(file, program):
    return [{"id": "file", "on": "file.open", "path": [file], "action": "kill"},
            {"id": "net", "on": "net.connect", "cidr": ["127.0.0.9/32"], "action": "deny"},
            {"id": "program", "on": "process.exec", "path": [program], "action": "kill"}]


class Interpreter:
    """One of scripts/pythons.sh, or this machine's: how to run it, and a place that it can see."""

    def __init__(self, box, name):
        self.mounted, self.before, root, program = None, [], "-", b.PYTHON
        if name != "system":
            done = subprocess.run([b.ROOT / "scripts/pythons.sh", name], capture_output=True,
                                  text=True, check=False)
            if done.returncode:
                pytest.skip(f"cannot: {done.stderr.strip().splitlines()[-1]}")
            program, root = done.stdout.split()
        self.program = program
        if name == "shared":
            self.before = [b.TRIGGERS / "embed_python"]
            program = b.PYTHON
        if root != "-":
            self.before = ["chroot", root]
            self.mounted = f"{root}/tmp"
            b.sh(f"mkdir -p {self.mounted} && mount -t tmpfs none {self.mounted}")
        self.outside = box.new("python") if root == "-" else b.pathlib.Path(self.mounted)
        self.inside = self.outside if root == "-" else b.pathlib.Path("/tmp")
        box.write(self.outside / "secret", "x")
        # A script, since the directory of another system has no program that ends by itself.
        box.write(self.outside / "program", f"#!{program} -IS\n", 0o755)
        shutil.copy(FIXTURES / "python_truth.py", self.outside)

    def close(self):
        if self.mounted:
            b.sh(f"umount {self.mounted}")

    def run(self, box):
        """Its own stacks, and the records."""
        command = [self.program, "-X", "utf8", self.inside / "python_truth.py", self.inside / "log",
                   self.inside / "secret", self.inside / "program"]
        done = box.run(*self.before, *command, mode="observe",
                       rules=rules(str(self.outside / "secret"), "**/program"))
        assert done.rc == 0, done.text
        truth = [json.loads(line) for line in (self.outside / "log").read_text().splitlines()]
        return truth, [r for r in done.records.alerts() if b.get(r, "event.action") in KINDS]


def assert_named(records, release):
    assert records
    for record in records:
        assert not b.get(record, "python.stack")
        assert release in b.get(record, "python.reason")


@pytest.fixture
def interpreter(box, request):
    one = Interpreter(box, request.param)
    yield one
    one.close()


def same(got, want, limit):
    """Texts that are longer than what is kept of them: their end, or their start."""
    if len(want) <= limit // 4:
        return got == want
    return want[-limit // 8:] in got or got[:limit // 2] == want[:limit // 2]


def differences(got, want):
    if len(got) != min(len(want), FRAMES_MAX):
        return [f"{len(got)} frames, not {len(want)}: {got[:2]} {want[:2]}"]
    return [f"{frame}, not {truth}" for frame, truth in zip(got, want)
            if frame.get("line") != truth[1] or not same(frame.get("file", ""), truth[0], 512)
            or not same(frame["function"], truth[2], 128)]


@pytest.mark.parametrize("interpreter", ("system", *INTERPRETERS), indirect=True)
def test_every_frame_is_the_interpreters_own(box, interpreter):
    truth, records = interpreter.run(box)
    release = re.search(r"3\.(\d+)", str(interpreter.program))
    if release and int(release[1]) not in KNOWN:
        # Debian's newest may be one that loadward does not know yet.
        assert_named(records, release[0])
        return
    assert len(truth) >= 200
    assert [b.get(r, "event.action") for r in records] == [t["kind"] for t in truth]
    wrong = [d for r, t in zip(records, truth)
             for d in differences(b.get(r, "python.stack") or [], t["stack"])]
    assert not wrong, f"{len(wrong)} wrong: {wrong[:5]}"


def hostile(box, way, *more, python=b.PYTHON):
    file = box.write(box.new("hostile") / "secret", "x")
    done = box.run(python, FIXTURES / "python_hostile.py", way, file, *more, mode="observe",
                   rules=rules(str(file), "/none"))
    return done, done.records.alerts("file.open")


@pytest.mark.parametrize("interpreter", ("3.7",), indirect=True)
def test_a_release_that_is_not_known_is_named(box, interpreter):
    done, records = hostile(box, "forged", python=interpreter.program)
    assert done.rc == 0
    assert_named(records, "3.7")


def stacks(records):
    return [b.get(r, "python.stack") or [] for r in records]


@pytest.fixture
def cpython311():
    done = subprocess.run([b.PYTHON, "-c", "import sys; print(*sys.version_info[:2])"],
                          capture_output=True, text=True, check=True)
    if done.stdout.split() != ["3", "11"]:
        pytest.skip("cannot: the offsets in python_hostile.py are those of 3.11")


def test_frames_in_a_circle_end(box, cpython311):
    del cpython311
    done, records = hostile(box, "cyclic")
    assert done.rc == 0
    assert [len(s) for s in stacks(records)] == [FRAMES_MAX]
    assert stacks(records)[0][1]["function"] == "changed"


@pytest.mark.parametrize("way, count", (("broken_chain", 4), ("broken_code", 12),
                                        ("broken_text", 4)))
def test_memory_that_is_no_interpreters_harms_nothing(box, cpython311, way, count):
    del cpython311
    done, records = hostile(box, way)
    assert done.rc == 0
    assert len(records) == count
    assert all(s and s[0]["function"] == "leaf" for s in stacks(records))


def test_a_forged_file_name_is_shown_as_it_is(box):
    done, records = hostile(box, "forged")
    assert done.rc == 0
    names = [frame["file"] for frame in stacks(records)[0]]
    assert names[1].endswith("/os.py")
    assert names[2].endswith("/python_hostile.py")


def test_a_thread_without_python_has_no_stack(box):
    source = box.write("native.c", """
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
static void *work(void *file) { close(open(file, O_RDONLY)); return 0; }
void open_in_thread(char *file)
{ pthread_t t; pthread_create(&t, 0, work, file); pthread_join(t, 0); }
""")
    library = box.root / "native.so"
    b.sh(f"cc -shared -fPIC -pthread -o {library} {source}")
    done, records = hostile(box, "native", library)
    assert done.rc == 0
    assert len(records) == 1
    assert not b.get(records[0], "python.stack")
    assert b.get(records[0], "python.reason")


def test_a_stack_behind_too_many_threads_is_said(box):
    done, records = hostile(box, "threads")
    assert done.rc == 0
    assert len(records) == 1
    assert b.get(records[0], "python.stack") or b.get(records[0], "python.reason")


def test_an_interpreter_that_has_been_deleted(box):
    python = box.root / "python"
    shutil.copy(b.pathlib.Path(b.PYTHON).resolve(), python)
    done, records = hostile(box, "deleted", python=python)
    assert done.rc == 0
    assert [s[0]["function"] for s in stacks(records)] == ["leaf", "leaf"]


def test_a_stack_never_lets_a_violation_pass(box):
    file = box.write(box.new("kill") / "secret", "x")
    done = box.run(b.PYTHON, FIXTURES / "python_hostile.py", "forged", file,
                   rules=rules(str(file), "/none"))
    assert done.rc == 137 or b"PermissionError" in done.err
    assert len(done.records.alerts("file.open")) == 1


def test_a_program_that_is_no_python_has_none(box):
    file = box.write(box.new("cat") / "secret", "x")
    done = box.run("/bin/cat", file, mode="observe", rules=rules(str(file), "/none"))
    record = done.records.alerts("file.open")[0]
    assert not b.get(record, "python.stack")


def test_a_daemon_knows_an_interpreter_that_runs_already(box):
    file = box.write(box.new("seed") / "secret", "x")
    model = box.write("models/model.safetensors", "x")
    code = f"import sys; sys.stdin.readline(); open({str(model)!r}); open({str(file)!r})"
    python = box.spawn([b.PYTHON, "-c", code], stdin=subprocess.PIPE)
    policy = box.policy(rules(str(file), "/none"), mode="observe",
                        loaders=[{"id": "p", "exec": ["/usr/bin/python3*"],
                                  "evidence": ["model-file"]}])
    with box.daemon(policy) as daemon:
        daemon.all_hooks()
        python.communicate(b"\n", timeout=b.PATIENCE)
        record = daemon.wait_for("file.open", event__kind="alert")[0]
    assert [f["function"] for f in b.get(record, "python.stack")] == ["<module>"]
