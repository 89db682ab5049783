# SPDX-License-Identifier: Apache-2.0
"""One start of loadward for many attempts: it costs seconds, under emulation ten."""

import contextlib
import json
import subprocess

import box as b

DRIVER = """
import json, subprocess, sys
for line in sys.stdin:
    p = subprocess.Popen(json.loads(line), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    out, err = p.communicate()
    print(json.dumps([p.pid, p.returncode, out.decode("latin-1"), err.decode("latin-1")]),
          flush=True)
"""


class Attempt(b.Done):
    """What a command of a loader left behind. Its records are whole once the loader has ended."""

    def __init__(self, loader, pid, rc, out, err):
        self.pid, self.rc, self.log = pid, rc, loader.log
        self.out, self.err = out.encode("latin-1"), err.encode("latin-1")


class Loader:
    """A loader that runs commands, each in a process of its own, until the block ends."""

    def __init__(self, box, **policy):
        self.box = box
        self.process, self.log = box.start(b.PYTHON, "-c", DRIVER, stdin=subprocess.PIPE, **policy)

    def ask(self, *command):
        self.process.stdin.write(json.dumps([str(c) for c in command]).encode() + b"\n")
        self.process.stdin.flush()

    def run(self, *command):
        self.ask(*command)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return Attempt(self, *json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        done = self.box.finish(self.process, self.log)
        assert kind or done.rc == 0, done.text


class Shared:
    """What many tests use one after the other (a daemon), made anew where one has spoiled it."""

    def __init__(self, make):
        self.make, self.stack, self.value = make, contextlib.ExitStack(), None

    def get(self):
        if not self.value:
            self.value = self.stack.enter_context(self.make())
        return self.value

    def spoil(self):
        self.value = None
        self.stack.close()
