# SPDX-License-Identifier: Apache-2.0
"""The table, for the terminal and for docs/bench.md."""

TITLES = {"bpftrace": "bpftrace", "snoop": "opensnoop+execsnoop", "auditd": "auditd",
          "strace-seccomp": "strace --seccomp-bpf", "strace": "strace"}


def number(value, unit):
    if value is None:
        return "-"
    value = value + 0.0 if round(value, 2) else 0.0  # no "-0"
    if unit == "events":
        return f"{value:.0f}"
    if unit == "MiB":
        return f"{value:.1f}"
    if unit in ("%", "us", "ms"):
        return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return f"{value:.0f}"


def signed(value, unit, added):
    text = number(value, unit)
    return "+" + text if added and value is not None and value >= 0 else text


def is_added(line):
    """A cost that is added to a baseline is written with its sign."""
    return "aa" in line


def peer(line, value):
    """A peer's figure; its minimum too, since waking a reader on an idle CPU makes it vary."""
    if not isinstance(value, dict):
        return signed(value, line["unit"], is_added(line))
    return (signed(value["median"], line["unit"], is_added(line)) + " (min "
            + number(value["min"], line["unit"]) + ")")


def verdict(line):
    if line["value"] is None:
        return "not measured"
    if line["target"] is None:
        return "for information"
    if line["missed_by"] == 0:
        return "ok"
    return f"MISSED by {number(line['missed_by'], line['unit'])} {line['unit']}"


def ours(line):
    text = f"{signed(line['value'], line['unit'], is_added(line))} {line['unit']}"
    detail = line.get("detail")
    if detail:
        text += f" (min {signed(detail['min'], line['unit'], is_added(line))}"
        if "iqr" in detail:
            text += f", IQR {number(detail['iqr'], line['unit'])}"
        text += ")"
    return text


def remarks(line):
    """What stands beside the figure: A/A, floor, parts."""
    unit, out = line["unit"], []
    if line.get("base") is not None:
        out.append(f"baseline {number(line['base'], unit if unit != '%' else 'ms')}"
                   f"{' ms' if unit == '%' else ''}")
    if line.get("aa"):
        out.append(f"A/A {signed(line['aa']['median'], unit, True)} "
                   f"(worst {number(line['aa']['worst'], unit)})")
    if line.get("floor"):
        out.append(f"floor {signed(line['floor']['median'], unit, True)}")
    if line.get("ratio"):
        out.append(f"{line['ratio']:.2f} x floor")
    if line.get("memory"):
        out.append(", ".join(f"{k} {v / 1024:.1f}" for k, v in line["memory"].items()))
    if line.get("maps"):
        out.append(f"BPF maps {line['maps'] / 2**20:.1f} MiB of kernel memory")
    if line.get("computed"):
        c = line["computed"]
        out.append(f"{c['calls']} calls, {c['opens']} opens, {c['records']} open records, "
                   f"+{c['added_ms']:.2f} ms")
    if "max" in line:
        out.append(f"min {line['min']:.1f}, max {line['max']:.1f}, {line['lost']} lost")
    return "; ".join(out)


def target(line):
    return "-" if line["target"] is None else f"<= {number(line['target'], line['unit'])}"


def terminal(rows, missing):
    out, last = [], None
    for line in rows:
        if line["row"] != last:
            out.append("")
            last = line["row"]
        out.append(f"{line['row']}  {line['what']}")
        out.append(f"     loadward {ours(line):38} target {target(line):10} {verdict(line)}")
        if remarks(line):
            out.append(f"     {remarks(line)}")
        peers = [f"{TITLES[k]} {peer(line, v)}" for k, v in line.get("peers", {}).items()]
        if peers:
            out.append("     peers: " + " | ".join(peers))
    out.append("")
    out += [f"missing: {TITLES.get(key, key)}: {why}" for key, why in missing.items()]
    return "\n".join(out)


def markdown(rows, meta, missing, method):
    keys = list(TITLES)
    peers = ", ".join(f"{TITLES.get(k, k)} {v}" for k, v in meta["peers"].items())
    out = ["<!-- SPDX-License-Identifier: Apache-2.0 -->",
           "<!-- written by tests/bench/bench.py --write-docs; do not edit -->",
           "# Speed and memory", "",
           f"loadward {meta['loadward']} on {meta['cpu']}, {meta['cpus']} CPUs, kernel "
           f"{meta['kernel']}, {meta['date']}; {meta['rounds']} interleaved rounds, load average "
           f"{meta['load']['start'][0]:.2f} before and {meta['load']['end'][0]:.2f} after. "
           f"The path of the opened file has {meta['path_bytes']} bytes.", "",
           f"Peers: {peers or 'none'}.",
           "They print or count names; none of them judges a policy or resolves the object.", "",
           "| | what | target | loadward | verdict | " + " | ".join(TITLES[k] for k in keys)
           + " | beside it |", "|" + "---|" * (6 + len(keys))]
    for line in rows:
        peers = [peer(line, line.get("peers", {}).get(k)) for k in keys]
        out.append(f"| {line['row']} | {line['what']} | {target(line)} | {ours(line)} | "
                   f"{verdict(line)} | " + " | ".join(peers) + f" | {remarks(line)} |")
    out += [""] + [f"Missing: {TITLES.get(key, key)}: {why}." for key, why in missing.items()]
    return "\n".join(out + ["", "## Method", "", method.strip(), ""])
