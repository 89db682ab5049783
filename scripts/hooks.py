# SPDX-License-Identifier: Apache-2.0
"""What `loadward doctor --json` says of a kernel, for vm-table.py and guarantees.py."""

BACKENDS = {"lsm": "LSM", "fmod_ret": "fmod_ret", "fanotify": "fanotify"}
LEGEND = {"yes": "attached", "-": "not on this kernel, or a stronger one is there",
          "off": "not needed by doctor's policy", "NO": "failed"}


def places(doctor):
    """{hook: state}. A security hook is one entry, its state the backend that attached it."""
    found = {}
    for hook in doctor["hooks"]:
        if hook["group"] == "CTL":
            continue
        name = hook["where"]
        for prefix in ("lw_lsm_", "lw_mod_"):
            if hook["program"].startswith(prefix):
                name = f"security_{hook['program'].removeprefix(prefix)}"
        state = BACKENDS.get(hook["backend"], "yes") if hook["attached"] else \
            "NO" if hook["wanted"] else "-" if hook["reason"] else "off"
        if found.get(name, "-") == "-":
            found[name] = state
    return found


def effects(doctor):
    """{effect of the self-test: what became of it}."""
    return {t["effect"]: t["outcome"] if t["ok"] else f"FAILED: {t['outcome']}"
            for t in doctor["selftest"]}
