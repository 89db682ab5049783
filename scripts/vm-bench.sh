#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm-bench.sh [KERNEL...]
#
# What the rungs of the enforcement ladder cost on other kernels: tests/bench/rung.py in guests with
# BPF LSM and without (then fmod_ret denies). KERNEL: a suite of scripts/vm-kernel.sh; default:
# bookworm (6.1) and trixie (6.12). A guest is emulated: ratios count, not times.
set -u
. "$(dirname "$0")/lib.sh"

case ${1:-} in
-h | --help) usage && exit 0 ;;
esac
[ $# -gt 0 ] || set -- bookworm trixie
cd "$ROOT" || exit 1
[ -x build/loadward ] || die "build/loadward is not built: make bench-vm"
status=0
for suite in "$@"; do
    kernel=$(scripts/vm-kernel.sh "$suite") || { status=1 && continue; }
    for lsm in ,bpf ''; do
        echo "$(cat "$kernel/release"), lsm=...$lsm"
        scripts/vm-run.sh -t 1200 -a "lsm=lockdown,capability,yama$lsm" "$kernel" sh -c \
            'mount -t tracefs none /sys/kernel/tracing 2>/dev/null
             /usr/bin/python3 tests/bench/rung.py build/release/loadward build/bench/ops' ||
            status=1
    done
done
exit $status
