# SPDX-License-Identifier: Apache-2.0
"""A node whose daemons pin what they attach, and what tests do to those pins."""

import contextlib
import json
import pathlib
import subprocess

import box as b
import bpf

ABI_OFFSET, STATE_SIZE_OFFSET, LAYOUT_OFFSET = 8, 12, 16    # struct lw_pin_state
WAIT = "import os, socket, sys, time\nprint('ready', flush=True)\nsys.stdin.readline()\n"


class Node:
    """A pin directory, a policy and the daemons that follow each other on them."""

    def __init__(self, box, name, **policy):
        self.box, self.log = box, box.new("log")
        self.pins = pathlib.Path(f"/sys/fs/bpf/{name}-{box.n}")
        where = box.new("bin")
        self.python = where / "python3"
        self.python.write_bytes(pathlib.Path(b.PYTHON).resolve().read_bytes())
        self.python.chmod(0o755)
        self.secret = box.write(f"secret-{box.n}", box.token)
        self.rules = [
            {"id": "secret", "on": "file.open", "path": [str(self.secret)], "action": "kill"},
            {"id": "keep", "on": "file.unlink", "path": [str(where / "keep")], "action": "kill"},
            {"id": "true", "on": "process.exec", "path": ["/usr/bin/true"], "action": "kill"},
            {"id": "net", "on": "net.*", "cidr": [f"{b.EXT}/32"], "action": "deny"}]
        self.keep = box.write(where / "keep", "x")
        self.policy = box.policy(
            policy.pop("rules", self.rules), **policy, loaders=[
                {"id": "l", "exec": [str(self.python)], "tag": "loader"}])

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.unload()

    def daemon(self, *options, **k):
        """Ready, and followed to its end by __exit__ of the daemon."""
        one = self.box.daemon(self.policy, *options, log=self.log, pins=self.pins, **k)
        return one.__enter__()

    def unload(self):
        return self.box.plain(b.LOADWARD, "unload", "--pin-dir", self.pins)

    def status(self, *options):
        return self.box.plain(b.LOADWARD, "status", "--pin-dir", self.pins, "--control",
                              self.box.root / "nobody", *options)

    def pinned(self):
        """What status tells without a daemon."""
        done = self.status("--json")
        assert done.rc == 1
        return json.loads(done.out)["pins"]

    def loader(self, code):
        """A loader that waits for a word before it does something."""
        process = self.box.spawn([self.python, "-c", WAIT + code], stdin=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        return process

    def go(self, process):
        return self.box.finish(process, None, b"\n")

    def secret_is_stopped(self):
        """A loader that starts now does not get it."""
        done = self.box.plain(self.python, "-c",
                              f"print(open({str(self.secret)!r}).read(), flush=True)")
        assert done.rc in (0, -9), done.text
        return done.rc == -9 and not done.out


# Code of a loader; it prints "did" where the effect has happened.
WAYS = {
    "open": "if open({secret!r}).read(): print('did', flush=True)",
    "child-open": """
pid = os.fork()
if not pid:
    if open({secret!r}).read(): print('did', flush=True)
    os._exit(0)
os.waitpid(pid, 0)""",
    "exec": "os.spawnl(os.P_WAIT, '/usr/bin/true', 'true') or print('did', flush=True)",
    "connect": """
s = socket.socket()
try:
    s.connect(({ext!r}, {port}))
    print('did', flush=True)
except PermissionError:
    pass""",
    "unlink": "os.unlink({keep!r})",
}


def refused(node):
    """Starts a daemon that must not come up. Gives what it says."""
    done = node.box.plain(b.LOADWARD, "daemon", "--policy", node.policy, "--log",
                          node.box.new("log"), "--control", node.box.new("ctl") / "socket",
                          "--pin-dir", node.pins)
    assert done.rc == 1, done.text
    return done.text


@contextlib.contextmanager
def left_behind(box, name):
    """Pins of a daemon that was killed while a loader lived."""
    with Node(box, name) as node:
        first = node.daemon()
        keeper = node.loader("")
        first.all_hooks()
        first.kill()
        yield node
        # Refused is refused: what was in force still is.
        assert node.secret_is_stopped()
        node.go(keeper)


def state_size():
    """Bytes of struct lw_pin_state: it says so itself."""
    with bpf.get(state_size.path) as fd:
        info = pathlib.Path(f"/proc/self/fdinfo/{fd}").read_text()
    return int(next(x.split()[1] for x in info.splitlines() if x.startswith("value_size")))


def patch(node, offset, data):
    state_size.path = node.pins / "state"
    return bpf.patch(node.pins / "state", state_size(), offset, data)
