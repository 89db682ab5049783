#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm-bench.sh [--keep] [KERNEL...]
#
# What the rungs of the enforcement ladder cost on other kernels: tests/bench/rung.py in guests with
# BPF LSM and without (then fmod_ret denies). KERNEL: a suite of scripts/vm-kernel.sh; default:
# bookworm (6.1) and trixie (6.12). A guest is emulated: ratios count, not times. --keep: the table
# is also written to docs/bench-vm.md.
set -u
. "$(dirname "$0")/lib.sh"

keep=''
case ${1:-} in
-h | --help) usage && exit 0 ;;
--keep) keep=1 && shift ;;
esac
[ $# -gt 0 ] || set -- bookworm trixie
cd "$ROOT" || exit 1
[ -x build/loadward ] || die "build/loadward is not built: make bench-vm"
table=$(mktemp) || exit 1
trap 'rm -f "$table"' EXIT

page() {
    cat <<TEXT
# What the rungs cost on other kernels

Written by \`scripts/vm-bench.sh --keep\`. CPU time of one operation, the median of five rounds:
with no loader on the machine, beside one, and in one, whose policy has rules for all three. Guests
are emulated without hardware help: the ratios may be compared, the times may not.

| kernel | denied by | operation | no loader, us | beside a loader | in a loader |
|---|---|---|---|---|---|
TEXT
    cat "$table"
}

# What rung.py says, as rows of the table.
rows() {
    local ratio='.* loader x\([0-9.]*\)'

    sed -n -e "s,^\([a-z_]*\) *\([a-z]*\) *\([0-9.]*\) us$ratio$ratio\$,\
| $1 | \1 | \2 | \3 | x\4 | x\5 |,p"
}

# bench KERNEL_DIR LSM: a row of the table for each line of rung.py.
bench() {
    scripts/vm-run.sh -t 1200 -a "lsm=lockdown,capability,yama$2" "$1" sh -c \
        'mount -t tracefs none /sys/kernel/tracing 2>/dev/null
         /usr/bin/python3 tests/bench/rung.py build/release/loadward build/bench/ops' |
        tee /dev/stderr | rows "$(cat "$1/release")" >>"$table"
    return "${PIPESTATUS[0]}"
}

status=0
for suite in "$@"; do
    kernel=$(scripts/vm-kernel.sh "$suite") || { status=1 && continue; }
    for lsm in ,bpf ''; do
        echo "$(cat "$kernel/release"), lsm=...$lsm"
        bench "$kernel" "$lsm" || status=1
    done
done
[ -z "$keep" ] || [ "$status" != 0 ] || page >docs/bench-vm.md
exit $status
