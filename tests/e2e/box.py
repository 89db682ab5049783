# SPDX-License-Identifier: Apache-2.0
"""What the tests share: where things are, a box to run in, the log as a list of records."""

import contextlib
import ctypes
import json
import os
import pathlib
import secrets
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
LOADWARD = os.environ.get("LOADWARD", str(BUILD / "loadward"))
TRIGGERS = pathlib.Path(os.environ.get("LOADWARD_TRIGGERS", BUILD / "triggers"))
POLICIES = ROOT / "policies"
PYTHON = "/usr/bin/python3"

HOME = "/home/mluser"
# Documentation addresses (RFC 5737, RFC 3849), on the loopback of a network namespace.
EXT, EXT6, IMDS = "203.0.113.7", "2001:db8::7", "169.254.169.254"

# What an open or a start comes to: where the kernel asks first, it is denied.
BEFORE = ("denied", "killed-before-effect")

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
NOTHING_FORBIDDEN = {"file": "allow", "net": "allow", "exec": "allow", "system": "allow"}
# Time that a machine under load may take for what takes milliseconds otherwise.
PATIENCE = int(os.environ.get("LOADWARD_E2E_PATIENCE", "60"))


def sh(command):
    subprocess.run(command, shell=True, check=True, capture_output=True)


def enter_namespaces():
    """This process gets a network and a mount namespace of its own, with decoys over real homes."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    sh("mount --make-rprivate /")
    sh(f"ip link set lo up; ip addr add {EXT}/32 dev lo; ip addr add {IMDS}/32 dev lo;"
       f"ip -6 addr add {EXT6}/128 dev lo nodad")
    # What a daemon pins there ends with these tests at the latest.
    sh("mount -t bpf bpf /sys/fs/bpf")
    sh("mount -t tmpfs none /home; mount -t tmpfs none /run; mkdir -p /run/lock")


def cgroup_root():
    """Of the second version's hierarchy."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        if line.split()[2] == "cgroup2":
            return pathlib.Path(line.split()[1])
    raise AssertionError("no cgroup2")


@contextlib.contextmanager
def other_cgroup():
    """The directory of a cgroup that nobody is in, for as long."""
    path = cgroup_root() / f"loadward-test-{os.getpid()}"
    path.mkdir()
    try:
        yield path
    finally:
        until(lambda: not (path / "cgroup.procs").read_text(), "an empty cgroup")
        path.rmdir()


def until(condition, what, patience=PATIENCE):
    """Waits for a condition to hold and gives its value; the limit only ends a hopeless test."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.01)


def get(record, dotted):
    """record["a"]["b"] for "a.b", None where there is none."""
    for part in dotted.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


SECURITY = ("lsm", "fmod_ret")


def stopped_as(record, weak):
    """Whether a record tells what becomes of an effect without security hooks (@weak), or that one
    of them denied it. Which of the two it is on a kernel stands in docs/guarantees.json, with which
    each run is compared."""
    how = record["enforcement"]
    if how["backend"] in SECURITY:
        return how["outcome"] == "denied"
    return how["outcome"] == weak


class Records(list):
    """Records of a log, in its order."""

    def find(self, action=None, **fields):
        """Those whose fields are so; a field is written process__pid."""
        want = {k.replace("__", "."): v for k, v in fields.items()}
        if action:
            want["event.action"] = action
        return Records(r for r in self if all(get(r, k) == v for k, v in want.items()))

    def alerts(self, action=None, **fields):
        return self.find(action, event__kind="alert", **fields)


def read_log(directory, live=False):
    """Every line must be one JSON object in valid UTF-8 with its key fields. The last line of a log
    that is being written may be half there: a file grows page by page while a write goes on."""
    records = Records()
    for file in sorted(pathlib.Path(directory).glob("*.jsonl")):
        data = file.read_bytes()
        assert live or not data or data.endswith(b"\n"), f"{file}: the last line is not whole"
        for line in data.split(b"\n")[:-1]:
            record = json.loads(line.decode("utf-8"))
            assert isinstance(record, dict) and get(record, "event.action"), line
            records.append(record)
    return records


class Done:
    """What a finished command left behind."""

    def __init__(self, process, out, err, log):
        self.rc, self.out, self.err, self.log = process.returncode, out, err, log

    @property
    def text(self):
        return self.err.decode("utf-8", "replace")

    @property
    def records(self):
        return read_log(self.log)

    @property
    def truths(self):
        """The JSON lines that a trigger printed."""
        return {t["way"]: t for t in (json.loads(x) for x in self.out.splitlines() if x)}


class Box:
    """A directory, decoys in HOME, and loadward run in them."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lw-e2e-", dir="/tmp"))
        self.root.chmod(0o755)
        self.token = secrets.token_hex(8)
        self.n = 0
        for entry in os.listdir("/home"):
            shutil.rmtree("/home/" + entry)
        for name in (".aws/credentials", ".ssh/id_rsa", ".bashrc", "data/notes.txt"):
            self.write(f"{HOME}/{name}", self.token + "\n")
        self.children = []

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait()
        for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
            if line.split()[1].startswith(str(self.root)):
                sh(f"umount -l {line.split()[1]}")
        shutil.rmtree(self.root)

    def write(self, path, text, mode=0o644):
        path = pathlib.Path(path)
        path = path if path.is_absolute() else self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def dir(self, name):
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o755)
        return path

    def new(self, name):
        self.n += 1
        return self.dir(f"{name}-{self.n}")

    def policy(self, rules, mode="enforce", default=None, record=(), loaders=()):
        self.n += 1
        text = json.dumps({"version": 1, "name": "test", "mode": mode, "loaders": list(loaders),
                           "rules": list(rules), "record": list(record),
                           "default": default or NOTHING_FORBIDDEN}, indent=1)
        return self.write(f"policy-{self.n}.json", text)

    def environment(self):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": HOME, "LANG": "C.UTF-8",
                "TMPDIR": str(self.root)}

    def spawn(self, command, **k):
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE,
                                   **{"stdin": subprocess.DEVNULL, "env": self.environment(),
                                      "cwd": self.root, **k})
        self.children.append(process)
        return process

    def finish(self, process, log, stdin=None, patience=PATIENCE):
        try:
            out, err = process.communicate(stdin, timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            try:
                out, err = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:    # the command lives on and holds the pipes
                out, err = b"", b""
            raise AssertionError(f"did not end: {out[-500:]!r} {err[-2000:]!r}") from None
        return Done(process, out, err, log)

    def start(self, *command, rules=(), policy=None, options=(), log=None, **k):
        """`loadward run`, not waited for. Gives the process and its log directory."""
        plain = {n: k.pop(n) for n in ("stdin", "env", "cwd", "preexec_fn") if n in k}
        policy = policy or self.policy(rules, **k)
        log = log or self.new("log")
        process = self.spawn([LOADWARD, "run", "--policy", policy, "--log", log, *options, "--",
                              *command], **plain)
        return process, log

    def run(self, *command, stdin=None, patience=PATIENCE, **k):
        """`loadward run`, finished. Rules, mode, default, record: of its policy."""
        if stdin is not None:
            k["stdin"] = subprocess.PIPE
        process, log = self.start(*command, **k)
        return self.finish(process, log, stdin, patience)

    def plain(self, *command, **k):
        """The command alone, not watched."""
        return self.finish(self.spawn(command, **k), None)

    def daemon(self, policy, *options, log=None, pins=None):
        pinning = ["--pin-dir", pins] if pins else ["--no-pin"]
        return Daemon(self, policy, [*pinning, *options], log or self.new("log"))


class Daemon:
    """`loadward daemon`, from ready to stopped."""

    def __init__(self, box, policy, options, log):
        self.box, self.log, self.control = box, log, box.new("ctl") / "socket"
        self.err = box.root / f"daemon-{box.n}.err"
        with open(self.err, "wb") as f:
            self.process = subprocess.Popen(
                [LOADWARD, "daemon", "--policy", str(policy), "--log", str(log), "--control",
                 str(self.control), "--foreground", *options],
                stdin=subprocess.DEVNULL, stdout=f, stderr=f, env=box.environment())
        box.children.append(self.process)

    def __enter__(self):
        def ready():
            assert self.process.poll() is None, self.text
            return self.status(check=False)
        until(ready, "the daemon to answer")
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def kill(self):
        """SIGKILL: it can do nothing more."""
        self.process.kill()
        self.process.wait(PATIENCE)

    @property
    def text(self):
        return self.err.read_text(errors="replace")

    @property
    def records(self):
        return read_log(self.log, live=self.process.poll() is None)

    def ask(self, *command):
        return subprocess.run([LOADWARD, *command, "--control", str(self.control)],
                              capture_output=True, text=True, check=False, timeout=PATIENCE)

    def status(self, check=True):
        done = self.ask("status", "--json")
        assert done.returncode == 0 or not check, done.stderr
        return json.loads(done.stdout) if done.returncode == 0 else None

    def warm(self, program):
        """A candidate that lives on: the hooks are attached before the test's own begins. Cold,
        there is a moment without them, which monitor.hooks tells (blind_ns)."""
        keeper = self.box.spawn([program, "-c", "print(flush=True); input()"],
                                stdin=subprocess.PIPE)
        keeper.stdout.readline()
        self.all_hooks()
        return keeper

    def all_hooks(self):
        def attached():
            hooks = self.status()["hooks"]
            return hooks["syscall_attached"] == hooks["syscall_all"]
        until(attached, "all hooks")

    def wait_for(self, action, count=1, **fields):
        """Records of the log, as soon as there are that many."""
        def there():
            found = self.records.find(action, **fields)
            return found if len(found) >= count else None
        try:
            return until(there, f"{count} x {action} {fields}")
        except BaseException:
            print(self.text, self.records, self.status(check=False))
            raise


class Sink:
    """Listens and keeps what it gets: proof that something arrived, or that nothing did."""

    def __init__(self, family, kind, address, protocol=0):
        self.data, self.connections, self.closed = b"", 0, False
        self.socket = socket.socket(family, kind, protocol)
        if family in (socket.AF_INET, socket.AF_INET6):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if kind == socket.SOCK_STREAM and family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, 23, 16)    # TCP_FASTOPEN
        self.socket.bind(address)
        if kind == socket.SOCK_STREAM:
            self.socket.listen(64)
        name = self.socket.getsockname()
        self.port = name[1] if family in (socket.AF_INET, socket.AF_INET6) else 0
        self.socket.settimeout(0.1)
        self.thread = threading.Thread(target=self.serve if kind == socket.SOCK_STREAM else
                                       self.receive, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.closed:
            try:
                peer, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            with peer:
                self.drain(peer)

    def drain(self, peer):
        """One after the other: what came before is there when something later has come."""
        peer.settimeout(0.1)
        while not self.closed:
            try:
                block = peer.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                return
            if not block:
                return
            self.data += block

    def receive(self):
        while not self.closed:
            try:
                self.data += self.socket.recv(65536)
            except TimeoutError:
                continue

    def got(self, text):
        """Waits for bytes that must come."""
        until(lambda: text in self.data, f"{text!r} at a listener")
        return True

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.closed = True
        self.thread.join()
        self.socket.close()


class Wire(Sink):
    """Sees every packet of the loopback."""

    def __init__(self):
        super().__init__(socket.AF_PACKET, socket.SOCK_RAW, ("lo", 3), socket.htons(3))

    def settle(self):
        """All that was sent before now has been seen, once a packet of our own has."""
        mark = secrets.token_bytes(16)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
            s.bind(("lo", 0))
            s.send(struct.pack(">6s6sH", bytes(6), bytes(6), 0x88b6) + mark.ljust(46, b"."))
        self.got(mark)


def ways(trigger):
    """Names of a trigger's ways, at collection; a trigger that is not built fails there."""
    done = subprocess.run([str(TRIGGERS / trigger), "list"], capture_output=True, text=True,
                          check=True)
    return done.stdout.split()
