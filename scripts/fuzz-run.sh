#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fuzz-run.sh SECONDS FUZZER...
#
# Runs each fuzzer that long, from its seeds in tests/fuzz/corpus/NAME. What it finds new is kept
# beside the fuzzer, in corpus/NAME, and is used again; an input that crashes it goes to crashes/.
# Last line: N passed, N failed, N skipped.
set -u
. "$(dirname "$0")/lib.sh"

[ $# -ge 2 ] || { usage >&2 && exit 2; }
seconds=$1 passed=0 failed=0
shift
for fuzzer in "$@"; do
    name=${fuzzer##*/}
    found=${fuzzer%/*}/corpus/$name
    crashes=${fuzzer%/*}/crashes
    mkdir -p "$found" "$crashes" || exit 1
    seeds=()
    known=$ROOT/tests/fuzz/corpus/$name
    [ ! -d "$known" ] || seeds=("$known")
    echo "$name: $seconds s"
    if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -verbosity=0 -artifact_prefix="$crashes/$name-" "$found" "${seeds[@]}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
