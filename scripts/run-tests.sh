#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run-tests.sh PROGRAM...: run cmocka programs one by one and add up what they really did.
#
# Each program speaks TAP. A program that crashes, that runs fewer tests than it planned, or that
# runs none, is a failure. A failed program's whole output is shown. A test that skips prints why in
# a line of its own before it calls skip(): "skip: cannot: ..." where this machine cannot run it.
# Under CI=true any other skip is a failure.
# Last line: N passed, N failed, N skipped. Exit status 1 when anything failed or nothing ran.
set -u
passed=0 failed=0 skipped=0
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT

for program in "$@"; do
    CMOCKA_MESSAGE_OUTPUT=TAP "$program" >"$out" 2>&1 </dev/null
    status=$?
    plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }')
    # cmocka 1.1 reports a skipped test as "not ok N # SKIP".
    s=$(grep -cE '^(not )?ok [0-9]+ .*# SKIP' "$out")
    p=$(grep -E '^ok [0-9]+' "$out" | grep -vc '# SKIP')
    f=$(grep -E '^not ok [0-9]+' "$out" | grep -vc '# SKIP')
    why=
    if [ "$plan" -eq 0 ]; then
        why="ran no test"
    elif [ $((p + f + s)) -ne "$plan" ]; then
        why="stopped after $((p + f + s)) of $plan tests"
    elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
        why="ended badly after its tests"
    fi
    if [ "${CI:-}" = true ] && [ "$(grep -cE '^#? *skip: cannot: ' "$out")" -ne "$s" ]; then
        why="${why:+$why; }skipped what this machine could run"
    fi
    if [ -n "$why" ]; then
        f=$((f + 1))
        why=" ($why, exit status $status)"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ "$f" -gt 0 ]; then
        echo "FAIL ${program##*/}$why"
        sed 's/^/    /' "$out"
    else
        echo "ok   ${program##*/} ($p)"
        sed -n "s/^#\{0,1\} *skip: /SKIP ${program##*/}: /p" "$out"
    fi
done
[ $# -gt 0 ] || echo "there is nothing to run"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
