#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""guarantees.py render | check | compare [--all] E2E.XML | corpus DIR | update RESULTS [CORPUS]

docs/guarantees.in.md    the text; a line "@ id | what is tried" is a row ("| hole: reason" when
                         nothing is seen or stopped"); "@columns", "@hooks", "@holes" and
                         "@corpus" stand for lists
docs/guarantees.json     what tests measured, by kernel and whether it runs BPF LSM ("6.1 lsm");
                         only `update` writes it
docs/guarantees.md       made of both by `render`

check     each row has a result (in a guest some tests are left out), each result a row, each open
          hole a reason, and guarantees.md is what render would write
compare   what an end-to-end run (tests/e2e, its junit file) measured is what guarantees.json says;
          --all: of every row
corpus    what whole corpus runs (build/corpus) in alert and enforce mode show is what it says
update    takes the results of the tests that passed, and of such corpus runs. RESULTS: a junit
          file, or a directory with one (a guest's: build/vm/KERNEL-RUNG, which has its corpus run
          too); a doctor.json beside it says how the hooks are attached
"""

import json
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

import hooks

ROOT = pathlib.Path(__file__).resolve().parents[1]
TEMPLATE, RESULTS, PAGE = (ROOT / "docs" / f"guarantees.{x}" for x in ("in.md", "json", "md"))
ROW = re.compile(r"@ ([a-z0-9]+(?:[.-][a-z0-9]+)+) \| (.*?)(?: \| hole: (.*))?")
# Strongest first: the words of enforcement.outcome, and what no record says.
WORDS = {"denied": "denied", "killed-before-effect": "killed before effect",
         "killed-after-possible-effect": "killed after possible effect", "alerted": "seen",
         "open": "**open**", "impossible": "refused by the kernel"}
ORDER = list(WORDS)


def load():
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def save(results):
    """A row a line, so that two branches that measured different things merge."""
    columns = []
    for name, column in sorted(results.items(), key=lambda x: order(x[0])):
        parts = [f'  "{k}": {json.dumps(v)}' for k, v in column.items() if not isinstance(v, dict)]
        for key in ("hooks", "effects", "ways", "corpus"):
            rows = ",\n".join(f'   "{k}": {json.dumps(v)}' for k, v in
                              sorted(column.get(key, {}).items()))
            parts.append(f'  "{key}": {{\n{rows}\n  }}')
        columns.append(f' "{name}": {{\n' + ",\n".join(parts) + "\n }")
    RESULTS.write_text("{\n" + ",\n".join(columns) + "\n}\n")


def rows():
    """{id: (what is tried, reason of a hole or None)} of the template, and what is wrong in it."""
    found, bad = {}, []
    for i, line in enumerate(TEMPLATE.read_text().splitlines(), 1):
        row = ROW.fullmatch(line)
        if line.startswith("@ ") and (not row or row[1] in found):
            bad.append(f"{TEMPLATE.name}:{i}: {'a second ' + row[1] if row else 'not a row'}")
        elif row:
            found[row[1]] = (row[2], row[3])
    return found, bad


# ------------------------------------------------------------------ page
def cell(result):
    if not result:
        return "not run"
    outcome, how, _ = result
    return WORDS[outcome] + (f" ({how})" if how else "")


def order(name):
    """5.10 comes before 6.1."""
    return [int(x) for x in name.split()[0].split(".")], name


def outcomes(way, results):
    """What came of a way in all columns, the most frequent outcome first."""
    where = {}
    for name in sorted(results, key=order):
        where.setdefault(cell(results[name]["ways"].get(way)), []).append(name)
    if len(where) == 1:
        return next(iter(where))
    return "<br>".join(f"{text}: {', '.join(names)}" for text, names in
                       sorted(where.items(), key=lambda x: -len(x[1])))


def table(block, results):
    out = ["| way | what is tried | what becomes of it | shown by |", "|---|---|---|---|"]
    for way, text, _ in block:
        tests = sorted({c["ways"][way][2].split("::")[0] for c in results.values()
                        if way in c["ways"]})
        links = ", ".join(f"[{t}](../tests/e2e/{t})" for t in tests)
        out.append(f"| `{way}` | {text} | {outcomes(way, results)} | {links} |")
    return out


def columns(results):
    found, _ = rows()
    out = ["| column | kernel | rung | rows measured |", "|---|---|---|---|"]
    for name in sorted(results, key=order):
        c = results[name]
        out.append(f"| {name} | {c['kernel']} {c['machine']}{' in QEMU' if c['part'] else ''} | "
                   f"{c['rung']} | {len(c['ways'])} of {len(found)} |")
    return out


def matrix(key, first, results):
    """A row a hook or effect, a column a kernel."""
    names = [n for n in sorted(results, key=order) if results[n].get(key)]
    found = dict.fromkeys(x for n in names for x in results[n][key])
    return [f"| {first} | {' | '.join(names)} |", "|---|" + "---|" * len(names)] + \
        [f"| {x} | {' | '.join(results[n][key].get(x, '?') for n in names)} |"
         for x in sorted(found)]


def attached(results):
    legend = "; ".join(f"`{word}` {text}" for word, text in hooks.LEGEND.items())
    return matrix("effects", "effect of the self-test", results) + [""] + \
        matrix("hooks", "hook", results) + ["", f"{legend}; `?` not asked for there."]


def holes(results):
    found, _ = rows()
    return [f"- `{way}`, {text}: {hole}" for way, (text, hole) in found.items() if hole]


def corpus(results):
    out = []
    for name, column in sorted(results.items(), key=lambda x: order(x[0])):
        if not column.get("corpus"):
            continue
        out += [f"On {name}:", "", "| class | attacks | reported | effect prevented | but |",
                "|---|---|---|---|---|"]
        for label, row in sorted(column.get("corpus", {}).items()):
            but = ", ".join(row["unseen"] + [f"{x} (effect)" for x in row["effects"]])
            out.append(f"| {label} | {row['cases']} | {row['cases'] - len(row['unseen'])} | "
                       f"{row['cases'] - len(row['effects'])} | {but} |")
        out.append("")
    return out[:-1]


def page(results):
    out, block = [], []
    for line in TEMPLATE.read_text().splitlines() + [""]:
        row = ROW.fullmatch(line)
        if row:
            block.append(row.groups())
            continue
        if block:
            out += table(block, results)
            block = []
        lists = {"@columns": columns, "@hooks": attached, "@holes": holes, "@corpus": corpus}
        out += lists[line](results) if line in lists else [line]
    return "\n".join(out[:-1]) + "\n"


def render():
    PAGE.write_text(page(load()))
    return 0


# ------------------------------------------------------------------ check
def check():
    found, bad = rows()
    results = load()
    if not results:
        bad.append(f"{RESULTS.name}: holds no result")
    opened = set()
    for name, column in results.items():
        ways = column["ways"]
        bad += [f"{RESULTS.name}: {name}: {w}: no such row in {TEMPLATE.name}"
                for w in ways.keys() - found.keys()]
        if not column["part"]:
            bad += [f"{TEMPLATE.name}: {w}: no result on {name}"
                    for w in found.keys() - ways.keys()]
        bad += [f"{RESULTS.name}: {name}: {w}: {r[2]}: no such test" for w, r in ways.items()
                if not exists(r[2])]
        opened |= {w for w, r in ways.items() if r[0] == "open"}
    for way, (_, hole) in found.items():
        if (way in opened) != bool(hole):
            bad.append(f"{TEMPLATE.name}: {way}: " + ("the hole has no reason" if way in opened
                                                      else "the hole is closed: drop the reason"))
    if not bad and (not PAGE.exists() or PAGE.read_text() != page(results)):
        bad.append(f"{PAGE.name}: not what scripts/guarantees.py render writes")
    print("\n".join(sorted(bad)), end="\n" if bad else "")
    return bool(bad)


def exists(test):
    file, _, name = test.partition("::")
    file = ROOT / "tests/e2e" / file
    return file.exists() and re.search(rf"^def {re.escape(name)}\(", file.read_text(), re.M)


# ------------------------------------------------------------------ results of a run
def measured(junit):
    """(facts of the run, {id: [outcome, how, test]}) of the tests that passed. Of a way that was
    tried several times the weakest counts."""
    root = ElementTree.parse(junit).getroot()
    facts = {p.get("name"): p.get("value") for p in root.iter("property")}
    ways = {}
    for case in root.iter("testcase"):
        if any(case.find(x) is not None for x in ("failure", "error", "skipped")):
            continue
        file = case.get("classname").rpartition(".")[2] + ".py"
        test = f"{file}::{case.get('name').partition('[')[0]}"
        for prop in case.iter("property"):
            if prop.get("name") != "guarantee":
                continue
            r = json.loads(prop.get("value"))
            new, old = [r["outcome"], r["backend"], test], ways.get(r["way"])
            if not old or ORDER.index(new[0]) > ORDER.index(old[0]):
                ways[r["way"]] = new
    return facts, ways


def column_name(facts):
    machine = "" if facts["machine"] == "x86_64" else f" {facts['machine']}"
    return f"{'.'.join(facts['kernel'].split('.')[:2])}{machine} {facts['lsm']}"


def said(result):
    return f"{result[0]} ({result[1]})" if result[1] else result[0]


def compare(junit, every):
    facts, ways = measured(junit)
    if not ways and not every:
        return 0
    if "kernel" not in facts:
        print("FAIL guarantees: nothing was measured")
        return 1
    name, results = column_name(facts), load()
    if name not in results:
        ci = os.environ.get("CI") == "true"
        print(f"{'FAIL' if ci else 'SKIP'} guarantees: docs/guarantees.json has no column {name}")
        return int(ci)
    known, found, bad = results[name]["ways"], rows()[0], []
    for way, now in sorted(ways.items()):
        if way not in found:
            bad.append(f"{way}: {said(now)}: no row in docs/guarantees.in.md")
        elif way not in known:
            bad.append(f"{way}: {said(now)}: not in docs/guarantees.json")
        elif now[:2] != known[way][:2]:
            bad.append(f"{way}: docs/guarantees.json says {said(known[way])}, measured {said(now)}")
    if every:
        bad += [f"{way}: not measured" for way in sorted(found.keys() - ways.keys())]
    print("".join(f"FAIL guarantees: {x}\n" for x in bad), end="")
    print(f"guarantees: {len(ways)} of {len(found)} ways measured on {name}, "
          f"{len(bad)} not as documented")
    return bool(bad)


def classes(where):
    """{class: number of attacks, those that were not reported, those that had their effect}."""
    out = {}
    enforce, alert = ({r["id"]: r for r in map(json.loads, open(file))} if file.exists() else {}
                      for file in (where / "enforce.jsonl", where / "alert.jsonl"))
    if alert and alert.keys() != enforce.keys():
        sys.exit(f"{where}: not the same cases in both modes")
    for case, r in sorted(enforce.items()):
        both = alert.get(case, r), r
        if r["kind"] != "attack" or any(x["verdict"] == "skip" for x in both):
            continue
        label = (r.get("class") or "other") + ("" if r["core"] else ", extended")
        row = out.setdefault(label, {"cases": 0, "unseen": [], "effects": []})
        row["cases"] += 1
        if not all(x.get("hit") for x in both):
            row["unseen"].append(case)
        if both[1].get("effect"):
            row["effects"].append(case)
    return out


def corpus_compare(where):
    """Of a whole run: nothing may be missed, or have its effect, that the page does not tell."""
    facts = {"kernel": os.uname().release.split("-")[0], "machine": os.uname().machine}
    kernel = column_name({**facts, "lsm": ""})
    columns = [c for n, c in load().items() if n.startswith(kernel) and c["corpus"]]
    bad = []
    for label, now in classes(pathlib.Path(where)).items():
        for what, word in (("unseen", "not reported"), ("effects", "its effect happened")):
            told = {case for c in columns for case in c["corpus"].get(label, {what: []})[what]}
            bad += [f"{label}: {case}: {word}" for case in now[what]
                    if columns and case not in told]
    print("".join(f"FAIL guarantees: {x}: docs/guarantees.json does not say so\n" for x in bad),
          end="")
    return bool(bad)


def update(junit, where=None):
    if os.path.isdir(junit):
        where = junit if os.path.exists(f"{junit}/enforce.jsonl") else None
        junit = f"{junit}/e2e.xml"
    facts, ways = measured(junit)
    if "kernel" not in facts:
        sys.exit(f"{junit}: no test measured a guarantee")
    results, found = load(), rows()[0]
    column = results.setdefault(column_name(facts), {"ways": {}, "corpus": {}})
    column.update({key: facts[key] for key in ("kernel", "machine", "rung", "part")})
    kept = {w: r for w, r in column["ways"].items() if w in found and exists(r[2])}
    column["ways"] = {**kept, **ways}
    doctor = pathlib.Path(junit).with_name("doctor.json")
    if doctor.exists():
        said = json.loads(doctor.read_text())
        column["hooks"], column["effects"] = hooks.places(said), hooks.effects(said)
    if where:
        column["corpus"] = classes(pathlib.Path(where))
    save(results)
    render()
    return check()


def main(args):
    commands = {"render": render, "check": check, "update": update,
                "compare": lambda *a: compare(a[-1], "--all" in a), "corpus": corpus_compare}
    if not args or args[0] not in commands:
        sys.exit(__doc__)
    return commands[args[0]](*args[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
