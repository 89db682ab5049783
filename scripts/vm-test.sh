#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm-test.sh [--short] [GUEST...] [-- PYTEST-ARGUMENT...]
#
# Runs `loadward doctor`, the BPF tests, the corpus (light tier, to be stopped) and the end-to-end
# tests in guests with other kernels, by scripts/vm-run.sh, one boot for the whole list, as many
# guests at once as two CPUs for each allow (at least two). GUEST is KERNEL/lsm (with BPF LSM) or
# KERNEL/no-bpf (without), all of them with `all`; default: 6.1/lsm 5.10/lsm. What has been built
# (make all triggers, BPF tests) is run as it is. What is left out of the end-to-end tests stands in
# tests/vm/left-out.txt; --short: only the files in tests/vm/short.txt are run, and of the corpus
# the cases that are plain scripts, since an import of transformers takes half a minute there. With
# arguments for pytest the corpus is not run.
#
#   5.10 (Debian bullseye)   6.1 (bookworm)   6.12 (trixie)   7.3 (trixie-backports)
#   6.12-arm64, 6.1-arm64: `arm64` are all of these. There scripts/vm-arm64.sh runs `loadward
#   doctor`, no more; on 6.1 neither kind of security hook can attach
#
# Results: build/vm/KERNEL-RUNG (doctor.json, bpf.log, corpus.log, enforce.jsonl, e2e.log, e2e.xml,
# console output), and one table at the end. `scripts/guarantees.py update build/vm/KERNEL-RUNG`
# takes a guest's measurements as a column of docs/guarantees.md. A guest that never reported is
# booted once more, and the table says so. A kernel that cannot be had is reported as missing and
# counts as a failure. LOADWARD_VM_LIMIT: seconds for one guest (5400). Last line: N passed,
# N failed, N skipped.
set -u
. "$(dirname "$0")/lib.sh"

LSM=lockdown,capability,landlock,yama,apparmor
ALL=(5.10/lsm 5.10/no-bpf 6.1/lsm 6.1/no-bpf 6.12/lsm 6.12/no-bpf 7.3/lsm 7.3/no-bpf)
ARM64=(6.12-arm64/lsm 6.12-arm64/no-bpf 6.1-arm64/lsm)
limit=${LOADWARD_VM_LIMIT:-5400}
guests=() short=''
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --short) short=1 && shift ;;
    --) shift && break ;;
    all) guests+=("${ALL[@]}" "${ARM64[@]}") && shift ;;
    arm64) guests+=("${ARM64[@]}") && shift ;;
    */lsm | */no-bpf) guests+=("$1") && shift ;;
    *) usage >&2 && exit 2 ;;
    esac
done
[ ${#guests[@]} -gt 0 ] || guests=(6.1/lsm 5.10/lsm)

suite_of() {
    case $1 in
    5.10) echo bullseye ;;
    6.1) echo bookworm ;;
    6.12) echo trixie ;;
    7.3) echo trixie-backports ;;
    *) return 1 ;;
    esac
}

left_out() {
    sed -n -e '/^#/d' -e 's/ *|.*//p' tests/vm/left-out.txt
}

# Arguments for pytest: those given, or everything but what is left out.
if [ $# -gt 0 ]; then
    corpus=none pytest=("$@")
elif [ -n "$short" ]; then
    corpus=script
    mapfile -t pytest < <(sed -e '/^#/d' -e 's|^\(.*\) rows$|--rows=\1\ntests/e2e/\1|;t' \
        -e 's|^|tests/e2e/|' tests/vm/short.txt)
else
    corpus=all pytest=(tests/e2e)
    while read -r one; do
        case $one in
        *::*) pytest+=("--deselect=tests/e2e/$one") ;;
        *) pytest+=("--ignore=tests/e2e/$one") ;;
        esac
    done < <(left_out)
fi

# boot DID LSM KERNEL_DIR DIRECTORY
boot() {
    if [ "$1" = doctor ]; then
        scripts/vm-arm64.sh -t "$limit" -a "lsm=$2" -o "$4" "$3"
    else
        scripts/vm-run.sh -t "$limit" -a "lsm=$2" -o "$4" "$3" tests/vm/guest.sh "$corpus" \
            "${pytest[@]}"
    fi
}

# guest KERNEL RUNG DIRECTORY: leaves in DIRECTORY/outcome one word and what there is to say.
guest() {
    local kernel=${1%-arm64} out=$3 lsm=$LSM arch=() did=run suite dir status try

    [ "$2" != lsm ] || lsm=$LSM,bpf
    [ "$kernel" = "$1" ] || arch=(--arm64) did=doctor
    suite=$(suite_of "$kernel") || {
        echo "missing: no suite is known to have it" >"$out/outcome"
        return
    }
    dir=$(scripts/vm-kernel.sh "${arch[@]}" "$suite" 2>"$out/kernel.log") || {
        echo "missing: $(tail -1 "$out/kernel.log")" >"$out/outcome"
        return
    }
    # A suite moves on: then this is another kernel than the one that was asked for.
    case $(cat "$dir/release") in
    "$kernel".*) ;;
    *) echo "missing: $suite has $(cat "$dir/release") now" >"$out/outcome" && return ;;
    esac
    for try in 1 2; do
        boot "$did" "$lsm" "$dir" "$out" >"$out/console.log" 2>&1
        status=$?
        case $status in
        0) echo "$did$([ "$try" = 1 ] || echo ": in the second boot, the first did not report")" ;;
        124 | 125) echo "silent: status $status, $try boots" ;;
        *) echo "silent: status $status: $(tail -1 "$out/console.log")" ;;
        esac >"$out/outcome"
        [ "$status" -ge 124 ] || break
        echo "$1/$2: the guest did not report ($status)$([ "$try" = 2 ] || echo '; once more')"
    done
}

# What the tests on this machine's architecture need.
prepare() {
    local one

    for one in "${guests[@]}"; do
        case $one in *-arm64/*) continue ;; esac
        [ -x build/loadward ] || die "build/loadward is not built: make test-vm"
        scripts/venv.sh test >/dev/null && scripts/venv.sh light >/dev/null
        return
    done
}

cd "$ROOT" || exit 1
prepare || exit 1
one_guest() {
    local one=$1 out=$2 start=$SECONDS

    echo "$one ..."
    guest "${one%/*}" "${one#*/}" "$out"
    echo "$one: $(cat "$out/outcome"), $((SECONDS - start)) s"
}

table=() at_once=$(($(ncpu) / 2 > 2 ? $(ncpu) / 2 : 2))
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM HUP
for one in "${guests[@]}"; do
    out=build/vm/${one%/*}-${one#*/}
    rm -rf "$out"
    mkdir -p "$out" || exit 1
    table+=("$out")
    while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n; done
    one_guest "$one" "$out" &
done
wait
exec /usr/bin/python3 scripts/vm-table.py "${table[@]}"
