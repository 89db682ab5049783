# SPDX-License-Identifier: Apache-2.0
"""Static checks: form, layers, names, hooks, policies. One function a check, named in its output.

A check returns a list of problems ("file:line: what"), and raises Skip where a tool is missing.
Last line: N passed, N failed, N skipped.
"""

import ast
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import jsonschema

BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
LIMIT_LINES = 600
LIMIT_COLUMNS = 100
LAYERS = ("base", "loop", "bpfctl", "decode", "enrich", "policy", "action", "forensic", "sinks",
          "cli")
# Made by tools, or text in a form of its own: the corpus's cases begin with their description.
NOT_OURS = ("vmlinux/", "LICENSES/", "tests/corpus/")
CODE = (".c", ".h", ".def", ".sh", ".py")
KERNEL_LICENCE = "GPL-2.0-only OR BSD-2-Clause"
USER_LICENCE = "Apache-2.0"


class Skip(Exception):
    """The check cannot run; the text says why."""


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def tree():
    """The files that are tracked or could be; of an archive without git all but what is built."""
    done = run("git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
               "--exclude-standard")
    if done.returncode == 0:
        names = done.stdout.split("\0")
    else:
        names = [str(p) for p in pathlib.Path(".").rglob("*")
                 if p.parts[0] not in (".git", "build")]
    return sorted(n for n in names if n and os.path.isfile(n))


FILES = tree()
OURS = [f for f in FILES if not f.startswith(NOT_OURS)]


def text(name):
    return pathlib.Path(name).read_text(encoding="utf-8", errors="replace")


def code():
    return [f for f in OURS if f.endswith(CODE) or f in ("Makefile", ".ci/run")]


def c_files():
    return [f for f in OURS if f.endswith((".c", ".h"))]


def tool(name):
    if not shutil.which(name):
        raise Skip(f"{name} is not installed")
    return name


# ------------------------------------------------------------------ form
def check_format():
    """clang-format: make fmt puts it right"""
    name = next((n for n in ("clang-format-14", "clang-format") if shutil.which(n)), None)
    if not name or " 14." not in run(name, "--version").stdout:
        raise Skip("clang-format 14 is not installed; other versions differ")
    done = run(name, "--dry-run", "-Werror", *c_files())
    lines = [x.split(":")[:2] for x in done.stderr.splitlines() if ": error:" in x]
    if done.returncode and not lines:
        return [done.stderr]
    first = {}
    for file, line in lines:
        first.setdefault(file, line)
    return [f"{file}:{line}: not as clang-format writes it" for file, line in first.items()]


def check_spdx():
    """the first line names the licence of its directory"""
    bad = []
    for name in code():
        lines = text(name).split("\n", 2)
        first = lines[1] if lines[0].startswith("#!") else lines[0]
        want = KERNEL_LICENCE if name.startswith(("bpf/", "include/")) else USER_LICENCE
        # What is loaded into the kernel says so wherever it lies.
        allowed = {want, KERNEL_LICENCE} if name.endswith(".bpf.c") else {want}
        found = re.search(r"SPDX-License-Identifier: (.*?)(?: \*/)?$", first)
        if not found or found[1] not in allowed:
            bad.append(f"{name}:1: SPDX-License-Identifier: {want} expected")
    return bad


def check_size():
    """no file over 600 lines, no line over 100 columns (a tab is 8); a table's row is one line"""
    bad = []
    for name in code():
        lines = text(name).splitlines()
        if name.endswith(".def"):
            continue
        if len(lines) > LIMIT_LINES:
            bad.append(f"{name}: {len(lines)} lines")
        for i, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > LIMIT_COLUMNS:
                bad.append(f"{name}:{i}: {len(line.expandtabs(8))} columns")
    return bad


def check_whitespace():
    """no trailing blanks, one newline at the end"""
    bad = []
    for name in code():
        body = text(name)
        bad += [f"{name}:{i}: blanks at the end" for i, line in enumerate(body.split("\n"), 1)
                if line != line.rstrip()]
        if not body.endswith("\n") or body.endswith("\n\n"):
            bad.append(f"{name}: must end in one newline")
    return bad


def check_python():
    """Python files parse"""
    bad = []
    for name in (f for f in FILES if f.endswith(".py") and not f.startswith("tests/corpus/open/")):
        try:
            ast.parse(text(name), name)
        except SyntaxError as e:
            bad.append(f"{name}:{e.lineno}: {e.msg}")
    return bad


def check_shell():
    """shellcheck, warnings and errors"""
    scripts = [f for f in OURS if f.endswith(".sh")] + [".ci/run"]
    done = run(tool("shellcheck"), "-S", "warning", "-f", "gcc", "-x", "-P", "scripts", *scripts)
    return done.stdout.splitlines() or ([done.stderr] if done.returncode else [])


# ------------------------------------------------------------------ structure
def check_layers():
    """a layer of user/ includes only its own or lower ones"""
    bad = []
    for name in (f for f in c_files() if f.startswith("user/")):
        layer = name.split("/")[1]
        if layer not in LAYERS:
            bad.append(f"{name}: {layer} is no layer")
            continue
        for i, line in enumerate(text(name).splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+"([a-z_]+)/', line)
            if not found:
                continue
            if found[1] not in LAYERS:
                bad.append(f"{name}:{i}: {found[1]} is no layer")
            elif LAYERS.index(found[1]) > LAYERS.index(layer):
                bad.append(f"{name}:{i}: {layer} includes {found[1]}, which is above it")
    return bad


def check_names():
    """functions and variables that other files can see begin with lw_"""
    library = BUILD / "release/libloadward.a"
    if not library.exists():
        return [f"{library}: not built"]
    done = run("nm", "--defined-only", "--extern-only", "-A", str(library))
    bad = []
    for line in done.stdout.splitlines():
        where, _, symbol = line.rpartition(" ")
        # Made by bpftool for the skeleton, and by the compiler.
        if not symbol.startswith(("lw_", "loadward_bpf", "__")):
            bad.append(f"{where.split(':')[1]}: {symbol}")
    return bad if done.stdout else [f"{library}: nm shows nothing: {done.stderr}"]


def check_hooks():
    """lw_hooks.def and bpf/ name the same programs, attached at the same places"""
    # Two rows may name one program for two events; the place is the same.
    rows = dict(re.findall(r'^LW_HOOK\(\s*(\w+)\s*,[^"]*"([^"]+)"\s*\)',
                           text("include/lw_hooks.def"), re.M | re.S))
    for hook in re.findall(r"^LW_SECURITY\((\w+),", text("include/lw_hooks.def"), re.M):
        rows[f"lw_lsm_{hook}"] = f"lsm/{hook}"
        rows[f"lw_mod_{hook}"] = f"fmod_ret/security_{hook}"
    objects = list((BUILD / "bpf").glob("*/loadward.bpf.o"))
    if not objects:
        return [f"{BUILD}/bpf/*/loadward.bpf.o: not built"]
    table = run(tool("llvm-objdump"), "-t",
                str(max(objects, key=lambda file: file.stat().st_mtime))).stdout
    symbols = re.findall(r" g .* F (\S+)\t\S+ (?:\.hidden )?(\w+)$", table, re.M)
    programs = {name: section for section, name in symbols if section != ".text"}
    bad = [f"lw_hooks.def: {n}: no such program in bpf/" for n in rows.keys() - programs.keys()]
    bad += [f"bpf/: {n} ({programs[n]}): no row in lw_hooks.def"
            for n in programs.keys() - rows.keys()]
    for name in rows.keys() & programs.keys():
        section, where = programs[name], rows[name]
        # A place that libbpf cannot spell is set by hand: the section names the kind only.
        exact = "syscalls/" in section
        if section != where if exact else section.split("/")[0] != re.split("[/:]", where)[0]:
            bad.append(f"lw_hooks.def: {name}: attaches to {section}, the row says {where}")
    return sorted(bad)


def check_machine():
    """no path of a developer's machine, no host but those that readers need"""
    # In pieces, so that this file does not find itself.
    places = re.compile("/wor" + "k/(main|shared)|/tmp" + "/w/|/opt/" + "wheels|index-" + "url")
    hosts = {"127.0.0.1", "localhost", "www.apache.org", "json-schema.org", "huggingface.co",
             "github.com", "raw.githubusercontent.com", "docs.kernel.org", "www.kernel.org",
             "www.elastic.co", "spdx.org", "example.com"}
    bad = []
    for name in (f for f in FILES if not f.startswith(("vmlinux/", "LICENSES/"))):
        for i, line in enumerate(text(name).splitlines(), 1):
            if places.search(line):
                bad.append(f"{name}:{i}: {places.search(line)[0]}")
            for host in re.findall(r"https?://([A-Za-z0-9][A-Za-z0-9.-]*)", line):
                if host not in hosts and not host.endswith((".invalid", ".example", ".test")):
                    bad.append(f"{name}:{i}: {host}")
    return bad


# ------------------------------------------------------------------ policies
def policies():
    names = sorted(str(p) for p in pathlib.Path("policies").glob("*.json"))
    return [n for n in names if n != "policies/schema.json"]


def check_schema():
    """each shipped policy is valid by policies/schema.json"""
    try:
        schema = json.loads(text("policies/schema.json"))
        jsonschema.Draft202012Validator.check_schema(schema)
    except (OSError, ValueError, jsonschema.SchemaError) as e:
        return [f"policies/schema.json: {e}"]
    validator = jsonschema.Draft202012Validator(schema)
    bad = [] if policies() else ["policies/: holds none"]
    for name in policies():
        try:
            problems = list(validator.iter_errors(json.loads(text(name))))
        except ValueError as e:
            bad.append(f"{name}: {e}")
            continue
        bad += [f"{name}: {e.json_path}: {e.message}" for e in problems]
    return bad


def check_policies():
    """`loadward policy check` finds nothing in any shipped policy"""
    program = BUILD / "loadward"
    if not program.exists():
        return [f"{program}: not built"]
    bad = [] if policies() else ["policies/: holds none"]
    for name in policies():
        done = run(str(program), "policy", "check", name)
        if done.returncode:
            bad.append(f"{name}: status {done.returncode}: {done.stdout}{done.stderr}")
    return bad


# ------------------------------------------------------------------ docs
def docs():
    return ["README.md", *sorted(str(p) for p in pathlib.Path("docs").glob("*.md"))]


def check_guarantees():
    """every way round has a row and a measured result; docs/guarantees.md is made of them"""
    done = run(sys.executable, "scripts/guarantees.py", "check")
    bad = done.stdout.splitlines() + done.stderr.splitlines()
    return bad + [f"docs/guarantees.in.md:{i}: {path}: no such file"
                  for i, line in enumerate(text("docs/guarantees.in.md").splitlines(), 1)
                  for path in re.findall(r"tests/[\w./-]+\w", line) if not os.path.exists(path)]


def check_links():
    """relative links in README.md and docs/*.md lead somewhere"""
    return [f"{name}:{i}: {link}: no such file" for name in docs()
            for i, line in enumerate(text(name).splitlines(), 1)
            for link in re.findall(r"\]\(([^)#\s]+)", line)
            if ":" not in link and not (pathlib.Path(name).parent / link).exists()]


def check_options():
    """options in the tables and help texts of user/cli and in loadward.8 are the same"""
    source = "".join(text(f) for f in OURS if re.fullmatch(r"user/cli/\w+\.c", f))
    strings = "\n".join(re.findall(r'"(?:[^"\\\n]|\\.)*"', source))
    where = {
        "the tables of user/cli": re.findall(r'\{ "([a-z-]+)", (?:no|required)_argument', source),
        "the help texts of user/cli": re.findall(r"(?<![\w-])--([a-z][a-z-]*)", strings),
        "docs/man/loadward.8": re.findall(r"\bFl -([a-z][a-z-]*)", text("docs/man/loadward.8")),
    }
    every = set().union(*where.values())
    # Read by main() itself, before any table.
    where["the tables of user/cli"].append("version")
    return [f"{place}: --{o} is missing" for place, options in where.items()
            for o in sorted(every - set(options))]


def check_policy_keys():
    """keys that the policy parser, schema.json and loadward-policy.5 know are the same"""
    source = "".join(text(f) for f in OURS if re.fullmatch(r"user/policy/parse\w*\.c", f))
    tables = {name: set(re.findall(r'\{ "([^"]+)",', body)) for name, body in
              re.findall(r"struct lw_key (\w+)\[\] = \{\n(.*?)^\};", source, re.M | re.S)}
    schema = json.loads(text("policies/schema.json"))
    rule, top = schema["$defs"]["rule"]["properties"], schema["properties"]
    known = {
        "doc_keys": top,
        "defaults_keys": top["default"]["properties"],
        "default_keys": schema["$defs"]["default"]["oneOf"][1]["properties"],
        "loader_keys": schema["$defs"]["loader"]["properties"],
        "rule_keys": rule,
        "except_keys": rule["except"]["properties"],
        "model_keys": rule["model"]["properties"],
    }
    bad = [f"user/policy: {name}: a table of keys on one side only"
           for name in tables.keys() ^ known.keys()]
    manual = set(re.findall(r"^\.It Cm (\S+)", text("docs/man/loadward-policy.5"), re.M))
    for name in tables.keys() & known.keys():
        bad += [f"policies/schema.json: `{key}` of {name} is not on both sides"
                for key in tables[name] ^ set(known[name])]
        bad += [f"docs/man/loadward-policy.5: `{key}` of {name} is missing"
                for key in tables[name] - manual]
    return sorted(bad)


def main():
    counts = {"ok": 0, "FAIL": 0, "SKIP": 0}
    for name, function in list(globals().items()):
        if not name.startswith("check_"):
            continue
        label = name.removeprefix("check_")
        try:
            problems = function()
        except Skip as e:
            # Every tool here is one that bootstrap.sh installs.
            if os.environ.get("CI") != "true":
                counts["SKIP"] += 1
                print(f"SKIP {label}: {e}")
                continue
            problems = [str(e)]
        counts["FAIL" if problems else "ok"] += 1
        print(f"{'FAIL' if problems else 'ok  '} {label}: {function.__doc__}")
        for problem in problems:
            print("    " + problem)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['SKIP']} skipped")
    return counts["FAIL"] > 0


if __name__ == "__main__":
    sys.exit(main())
