# SPDX-License-Identifier: Apache-2.0
"""Runs a case under `loadward run` with the strict policy, and reads the violations from its log.

wrap() and events() are the contract of strace_ref.py. The policy is policies/strict.json with the
case's own endpoints allowed in front of its rules; mode "alert" runs it in observe.

Where things are: LOADWARD (program) and LOADWARD_POLICY (strict policy) from the environment; else
build/loadward and policies/strict.json in this file's own directory, the current directory, or any
of their parents; else loadward in PATH and the installed policies.
"""
import json
import os
import pathlib
import shutil

INSTALLED = ("/usr/local/share/loadward/policies/strict.json", "/usr/share/loadward/policies/strict.json")
START = pathlib.Path.cwd()    # of the runner: the loader runs somewhere else


def find(variable, relative, otherwise):
    if os.environ.get(variable):
        return os.path.abspath(os.environ[variable])
    for start in (pathlib.Path(__file__).resolve().parent, START):
        for d in (start, *start.parents):
            if (d / relative).exists():
                return str(d / relative)
    for p in otherwise:
        if p and os.path.exists(p):
            return p
    raise FileNotFoundError(f"{relative}: not found; set {variable}")


def allow_rule(number, endpoint):
    host, _, port = endpoint.rpartition(":")
    host = host.strip("[]")
    bits = 128 if ":" in host else 32
    return {"id": f"corpus-endpoint-{number}", "on": ["net.connect", "net.send"], "cidr": [f"{host}/{bits}"],
            "port": [int(port)], "action": "allow"}


def policy(facts):
    text = json.loads(pathlib.Path(find("LOADWARD_POLICY", "policies/strict.json", INSTALLED)).read_text())
    text["mode"] = "enforce" if facts["mode"] == "enforce" else "observe"
    text["rules"] = [allow_rule(i, e) for i, e in enumerate(facts["allow_connect"])] + text["rules"]
    return text


def wrap(cmd, facts):
    program = find("LOADWARD", "build/loadward", (shutil.which("loadward"),))
    file = os.path.join(facts["tmp"], "loadward-policy.json")
    log = os.path.dirname(facts["log"])    # the decoy of a log lies where the log is
    with open(file, "w") as f:
        json.dump(policy(facts), f, indent=1)
    return [program, "run", "--quiet", "--policy", file, "--log", log, "--"] + cmd, log


# event.action -> the corpus's name of the event, where that is not its last word
NAMES = {"net.send": "sendto", "syscall.compat": "compat", "process.memory": "process_vm", "process.signal": "kill signal",
         "mount.attach": "mount", "mount.detach": "umount", "credential.setid": "setuid", "memory.exec": "mmap mprotect",
         "namespace.create": "unshare clone", "namespace.enter": "setns", "namespace.root": "chroot"}
# What the caller wrote for what the record names.
CONSTANTS = {"ipv4": "AF_INET", "ipv6": "AF_INET6", "packet": "AF_PACKET", "unix": "AF_UNIX", "raw": "SOCK_RAW"}


def get(record, dotted):
    for part in dotted.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


def names(record):
    """All that the event may be called: by its kind, by the system call, by the entry that it took."""
    action = get(record, "event.action")
    words = [NAMES.get(action, action.rpartition(".")[2]), action, get(record, "call.name")]
    if action.startswith("io_uring.") or get(record, "call.io_uring"):
        words.append("io_uring")
    if get(record, "call.compat"):
        words.append("compat")
    return " ".join(w for w in words if w)


def objects(record, action):
    """Every name that the record gives its object, best first."""
    event = action.rpartition(".")[2]
    if action in ("file.open", "process.exec"):
        return [get(record, "file.path"), get(record, "process.executable") if event == "exec" else None,
                get(record, "process.script") if event == "exec" else None, get(record, "file.path_raw")]
    if not action.startswith("net."):
        call = record.get("call") or {}
        told = " ".join([str(call.get("name"))] + call.get("operation", []) + call.get("args", []) +
                        [f"pid {get(record, 'call.target.pid')}"])
        return [get(record, f"file.{k}") for k in ("path", "path_raw", "target_path", "target_path_raw")] + [told]
    if event == "socket":
        words = [w for w in (get(record, "network.transport"), get(record, "network.type")) if w]
        return [" ".join(["socket"] + words + [CONSTANTS[w] for w in words if w in CONSTANTS])]
    side = "source" if event in ("bind", "listen") else "destination"
    ip, port, path = (get(record, f"{side}.{k}") for k in ("ip", "port", "path"))
    if ip is not None:
        return [f"{ip}:{port}"]
    return [path, get(record, f"{side}.path_raw"), get(record, "file.path"), get(record, "file.path_raw"),
            get(record, f"{side}.address")]


DECOY = "monitor.jsonl"    # of the runner: what an attack takes for the log


def records(log):
    for file in sorted(f for f in pathlib.Path(log).glob("*.jsonl") if f.name != DECOY):
        with open(file, errors="surrogateescape") as f:
            for line in f:
                yield json.loads(line)    # a line that is no JSON is a failure of the product


def violations(of_a_case):
    for record in of_a_case:
        if get(record, "event.kind") != "alert":
            continue
        verdict = f"{get(record, 'enforcement.action') or 'alert'} {get(record, 'enforcement.outcome')}"
        event, found = names(record), objects(record, get(record, "event.action"))
        for name in dict.fromkeys(n for n in found if n) or {"": None}:
            yield verdict, event, name


def events(log, vars):
    yield from violations(records(log))
