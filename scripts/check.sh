#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check.sh [--no-bootstrap] [STEP...]
#
# Sets up everything and runs all tests of this machine; STEP (static unit bpf e2e corpus; vm: other
# kernels, in QEMU; all: these and vm) runs only those. The output of a step that failed is shown at
# once, and that of every step is kept in build/check/.
# Ends with the sum over all steps: N passed, N failed, N skipped; exit status 1 if anything failed.
#
# A step whose set-up fails, that runs no test, or that does not say how many it ran has failed.
# Under CI=true a skip of something that this machine can do is a failure.
set -u
. "$(dirname "$0")/lib.sh"

bootstrap=1 only=()
for arg in "$@"; do
    case $arg in
    --no-bootstrap) bootstrap=0 ;;
    static | unit | bpf | e2e | corpus | vm) only+=("$arg") ;;
    all) only=(static unit bpf e2e corpus vm) ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done
[ ${#only[@]} -gt 0 ] || only=(static unit bpf e2e corpus)

cd "$ROOT" || exit 1
logs=${BUILD:-build}/check
mkdir -p "$logs" || exit 1
STEPS=$((2 + bootstrap + ${#only[@]}))
passed=0 failed=0 skipped=0 summary=()

finish() {
    echo
    printf '%s\n' "${summary[@]}"
    [ -z "${1:-}" ] || echo "$1"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}

# Without this nothing can be tested: it ends the run.
must() {
    local name=$1

    shift
    STEP_LOG=$logs/set-up.log
    step "$name" "$@" && return
    failed=$((failed + 1))
    finish "FAIL $name: no test was run"
}

# count NAME STATUS: add a step's own last line to the sum.
count() {
    local name=$1 status=$2 line p f s

    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$STEP_LOG" | tail -1)
    if [ -z "$line" ]; then
        line="0 passed, 1 failed, 0 skipped (it did not say what it ran)"
    fi
    read -r p _ f _ s _ <<<"$line"
    if [ $((p + f + s)) -eq 0 ] || { [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; }; then
        f=$((f + 1))
        line="$line (status $status)"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    summary+=("$(printf '%-10s %s' "$name" "$line")")
    [ "$s" -eq 0 ] || grep '^SKIP ' "$STEP_LOG" | sed 's/^/    /'
}

tests() {
    local name=$1

    shift
    STEP_LOG=$logs/$name.log
    step "$name" "$@"
    count "$name" "$?"
}

build() {
    make -j"$(ncpu)" all triggers && make -j"$(ncpu)" DEBUG=1 all
}

# Older distributions have no PyTorch that transformers still works with: there the tests of that
# tier skip, and say so.
environments() {
    scripts/venv.sh test && scripts/venv.sh light || return 1
    { scripts/venv.sh torch && scripts/venv.sh hubs; } || [ "${CI:-}" != true ]
}

if [ "$bootstrap" = 1 ]; then
    must "system packages and mounts" scripts/bootstrap.sh --torch
fi
must "building loadward, and with sanitizers" build
must "Python environments" environments

for t in "${only[@]}"; do
    case $t in
    static) tests static make check-static ;;
    unit) tests unit make -j"$(ncpu)" test-unit ;;
    bpf) tests bpf make -j"$(ncpu)" test-bpf ;;
    e2e) tests e2e make test-e2e ;;
    corpus) tests corpus make test-corpus ;;
    vm) tests vm make test-vm ;;
    esac
done
finish
