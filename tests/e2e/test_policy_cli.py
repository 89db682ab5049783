# SPDX-License-Identifier: Apache-2.0
"""loadward policy check, test and explain."""

import json
import os
import subprocess

import box as b

POLICIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../policies")
STRICT = os.path.join(POLICIES, "strict.json")
DEFAULT = os.path.join(POLICIES, "default.json")


def policy(*args):
    return subprocess.run((b.LOADWARD, "policy") + args, capture_output=True, text=True,
                          check=False)


def write(tmp_path, **keys):
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"version": 1, "name": "t", **keys}, indent=1))
    return str(file)


def test_check_names_each_place(tmp_path):
    file = write(tmp_path, mode="enforced",
                 rules=[{"id": "a", "on": "file.open", "pth": "/x", "action": "kill"}])
    done = policy("check", file)
    assert done.returncode == 1
    assert (f"{file}:4:10: error: `enforced` is no mode (/mode)\n"
            "    hint: did you mean `enforce`?\n") in done.stdout
    assert (f"{file}:9:4: error: unknown key `pth` (/rules/0/pth)\n"
            "    hint: did you mean `path`?\n") in done.stdout
    assert done.stdout.endswith("2 errors, 0 warnings\n")
    assert "\033" not in done.stdout


def test_check_json(tmp_path):
    good = json.loads(policy("check", "--json", STRICT).stdout)
    assert good["ok"] and good["problems"] == [] and len(good["policy"]["digest"]) == 64
    done = policy("check", "--json", write(tmp_path, rules=[
        {"id": "a", "on": "net.connect", "cidr": ["10.1.0.0/8"], "action": "deny"}]))
    report = json.loads(done.stdout)
    assert done.returncode == 0 and report["ok"] and report["warnings"] == 1
    assert report["problems"][0]["pointer"] == "/rules/0/cidr/0"
    assert report["problems"][0]["hint"] == "write 10.0.0.0/8"


def test_check_prints_nothing_that_hides(tmp_path):
    out = policy("check", write(tmp_path, **{"\033[31mx\u202e": 1})).stdout
    assert "\033" not in out and "\u202e" not in out and "unknown key" in out


def test_test_judges_as_the_kernel_would(tmp_path):
    (tmp_path / "shadow").symlink_to("/etc/shadow")
    done = policy("test", STRICT, "--on", "file.open", "--json", str(tmp_path / "shadow"),
                  "/etc/passwd")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["judged"] == "/etc/shadow"
    assert (first["action"], first["rule"]) == ("kill", "cred-system")
    assert (second["action"], second["rule"]) == ("allow", "default")
    done = policy("test", STRICT, "--on", "file.open", "--access", "write,create",
                  "/etc/passwd")
    assert done.stdout.startswith("kill ")
    done = policy("test", STRICT, "--on", "net.connect", "--protocol", "tcp", "--port", "80",
                  "::ffff:169.254.169.254", "/run/docker.sock")
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["metadata", "runtime-sockets"]
    done = policy("test", DEFAULT, "--on", "dns.query", "huggingface.co")
    assert done.stdout.startswith("allow ")
    for name, rule in ("HuggingFace.co.", "hubs"), ("huggingface.co.example", "egress"):
        done = policy("test", DEFAULT, "--on", "net.connect", "--port", "443", "--domain", name,
                      "192.0.2.1")
        assert done.stdout.split()[1] == rule
    done = policy("test", STRICT, "--on", "net.socket", "--protocol", "raw", "-")
    assert done.stdout.startswith("deny ")
    done = policy("test", STRICT, "--on", "process.exec", "--same-executable", "/x")
    assert done.stdout.startswith("allow ")


def test_explain_says_all_rules_in_order():
    out = policy("explain", STRICT).stdout
    with open(STRICT, encoding="utf-8") as f:
        ids = [r["id"] for r in json.load(f)["rules"]]
    places = [out.index(f". {i}: ") for i in ids]
    assert places == sorted(places)
    assert "digest: " in out and "DFA of" in out


def test_exit_codes(tmp_path):
    bad = write(tmp_path, mode="x")
    assert policy("check", STRICT).returncode == 0
    for command in ("check", "explain"):
        assert policy(command, bad).returncode == 1
        assert policy(command, "/nonexistent/x").returncode == 1
        assert policy(command).returncode == 2
        assert policy(command, "--help").returncode == 0
    assert policy("test", bad, "--on", "file.open", "/x").returncode == 1
    assert policy("test", STRICT, "/x").returncode == 2
    assert policy("test", STRICT, "--on", "file.open", "x").returncode == 2
    assert policy("learn").returncode == 2
    assert policy().returncode == 2
