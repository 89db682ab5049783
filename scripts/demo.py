# SPDX-License-Identifier: Apache-2.0
"""The show of demo.sh, in a network namespace of its own; argument: the loader's interpreter."""

import json
import os
import pathlib
import queue
import secrets
import shutil
import socket
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build/demo"
HOME = WORK / "home"
ADDRESS = ("203.0.113.7", 443)
LIMIT = 180  # seconds for one load; a cold one takes three

# attack: (what it tries, the event that loadward reports)
ATTACKS = {
    "read": ("reads ~/.aws/credentials", "file.open"),
    "connect": ("connects to 203.0.113.7:443", "net.connect"),
    "shell": ("runs a shell", "process.exec"),
}
# The last is the honest word where another thread of the loader shares the descriptor of a
# forbidden
# file for the moment until the kill; whether anything came of it the demo sees for itself.
STOPPED = ("denied", "killed-before-effect", "killed-after-possible-effect")


class Sink:
    """The attacker's server: counts who connected."""

    def __init__(self):
        self.socket = socket.create_server(ADDRESS)
        self.seen = queue.Queue()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            peer = self.socket.accept()[0]
            with peer:
                try:
                    data = peer.recv(4096)
                except OSError:
                    data = b""
                self.seen.put(data)

    def count(self):
        """Connections since the last call. Our own comes last, so none is still on its way."""
        with socket.create_connection(ADDRESS, LIMIT) as s:
            s.sendall(b"end")
        n = 0
        while self.seen.get(timeout=LIMIT) != b"end":
            n += 1
        return n


def make_home():
    shutil.rmtree(HOME, ignore_errors=True)
    (HOME / ".aws").mkdir(parents=True)
    decoy = "DECOY-" + secrets.token_hex(8)
    (HOME / ".aws/credentials").write_text(f"[default]\naws_secret_access_key = {decoy}\n")
    return decoy


def load(attack, wrap=()):
    """One real load of the demo model; returns the finished process."""
    env = {
        "HOME": str(HOME),
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "DEMO_ATTACK": attack,
    }
    cmd = [*wrap, sys.argv[1], "tests/fixtures/demo-load.py", "tests/fixtures/demo-model"]
    return subprocess.run(cmd, cwd=ROOT, env=env, timeout=LIMIT, capture_output=True,
                          stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace")


def effects(sink, decoy):
    """Which attacks had an effect."""
    loot = HOME / "loot"
    return {
        "read": loot.exists() and decoy in loot.read_text(),
        "connect": sink.count() > 0,
        "shell": (HOME / "shell-was-here").exists(),
    }


def flat(value, prefix=""):
    """A record with dotted names."""
    if not isinstance(value, dict):
        return {prefix: value}
    out = {}
    for k, v in value.items():
        out.update(flat(v, f"{prefix}.{k}" if prefix else k))
    return out


def violations(log):
    """The log's records with a rule that stopped or alerted something."""
    out = []
    for name in sorted(log.glob("*.jsonl")):
        for line in name.read_text(encoding="utf-8").splitlines():
            record = flat(json.loads(line))
            if record.get("rule.id") and record.get("enforcement.outcome"):
                out.append(record)
    return out


SHOWN = ("event.action", "rule.id", "enforcement.outcome", "file.path", "destination.ip",
         "destination.port", "process.executable", "process.pid", "loader.why")


def show(record):
    print("    " + json.dumps({k: record[k] for k in SHOWN if k in record}))


def unguarded(sink):
    decoy = make_home()
    print("\n1. The model is loaded without loadward:", flush=True)
    done = load("read,connect,shell")
    print(f"    {done.stdout.strip()} (status {done.returncode})")
    seen = effects(sink, decoy)
    for name, (what, _) in ATTACKS.items():
        print(f"    it {what}: {'done' if seen[name] else 'did not work'}")
    if done.returncode or not all(seen.values()):
        print(done.stderr)
        return ["the attack does not work even without loadward: nothing is shown"]
    return []


def guarded(sink, attack):
    what, event = ATTACKS[attack]
    decoy = make_home()
    log = WORK / ("log-" + attack)
    print(f"\n2. Under loadward a model that {what}:", flush=True)
    done = load(attack, ("build/loadward", "run", "--policy", "policies/default.json", "--log",
                         str(log), "--"))
    for line in done.stderr.splitlines():
        print("    " + line)
    print(f"    (status {done.returncode})")
    found = [r for r in violations(log) if r.get("event.action") == event]
    for record in found:
        show(record)
    problems = []
    if not any(r["enforcement.outcome"] in STOPPED for r in found):
        problems.append(f"{attack}: no record says that it was stopped")
    if attack == "read" and done.returncode != 137:
        problems.append(f"{attack}: ended with status {done.returncode}, not as killed")
    if any(effects(sink, decoy).values()):
        problems.append(f"{attack}: the attack had its effect")
    print(f"    {'NOT stopped' if problems else 'stopped: it had no effect'}")
    return problems


def clean(sink):
    decoy = make_home()
    log = WORK / "log-clean"
    print("\n3. Under loadward the same model without the attack:", flush=True)
    done = load("none", ("build/loadward", "run", "--policy", "policies/default.json", "--log",
                         str(log), "--"))
    found = violations(log)
    print(f"    {done.stdout.strip()} (status {done.returncode}), {len(found)} violations")
    for record in found:
        show(record)
    if done.returncode or found or any(effects(sink, decoy).values()):
        print(done.stderr)
        return ["clean: a harmless load was disturbed or reported"]
    return []


def play():
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "address", "add", ADDRESS[0] + "/32", "dev", "lo"], check=True)
    sink = Sink()
    problems = unguarded(sink)
    if not problems:
        for attack in ATTACKS:
            problems += guarded(sink, attack)
        problems += clean(sink)
    print(f"\nThe records: {WORK.relative_to(ROOT)}/log-*/*.jsonl")
    return problems


def main():
    try:
        problems = play()
    except (OSError, ValueError, queue.Empty, subprocess.SubprocessError) as e:
        problems = [f"the demo broke off: {e}"]
    if problems:
        print("FAIL: " + "; ".join(problems))
    else:
        print(f"PASS: {len(ATTACKS)} of {len(ATTACKS)} attacks were stopped and had no effect, "
              "the harmless load was undisturbed")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
