#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# guest.sh CORPUS [PYTEST-ARGUMENT...]
#
# What scripts/vm-test.sh runs in each guest, in one boot: `loadward doctor`, the BPF tests, the
# corpus (CORPUS: which of its light tier, script or all; none) and the end-to-end tests, against
# build/ as the host has made it. Leaves in /run/out: kernel-release, lsm, doctor.json, bpf.log,
# corpus.log, enforce.jsonl, e2e.log, e2e.xml; each log ends with N passed, N failed, N skipped.
# Exit status 0 means that everything was run, not that it passed: the logs say that.
set -u
cd "$(dirname "$0")/../.." || exit 126
out=/run/out corpus=$1
shift
# On a disk: of files that 9p shares, pages next to one that was read are not mapped with it, and
# some tests rely on names in a program's own text being in memory when a call begins.
export BUILD=/tmp/build
mkdir -p "$BUILD/corpus" && cp -a build/triggers "$BUILD/" && cp build/release/loadward "$BUILD/" &&
    cp -a build/release/bpft "$BUILD/" && mount --bind "$out" "$BUILD/corpus" || exit 126

uname -r >"$out/kernel-release"
cat /sys/kernel/security/lsm >"$out/lsm"
"$BUILD/loadward" doctor --json >"$out/doctor.json" 2>"$out/doctor.err"
# The tests hide /run.
export LOADWARD_DOCTOR=$BUILD/doctor.json
cp "$out/doctor.json" "$LOADWARD_DOCTOR"
# A start of loadward takes ten seconds, and many times that where others use the machine.
export LOADWARD_E2E_PATIENCE=300 LOADWARD_E2E_LIMIT=1800
# Some tests are left out: the page must not miss what they would measure.
export LOADWARD_E2E_PART=guest
shopt -s nullglob
scripts/run-tests.sh "$BUILD"/bpft/test_* >"$out/bpf.log" 2>&1
mode='--mode enforce --resident --light --jobs 1'
# shellcheck disable=SC2086
case $corpus in
none) ;;
all) scripts/corpus.sh $mode >"$out/corpus.log" 2>&1 ;;
*) scripts/corpus.sh $mode --loader "$corpus" >"$out/corpus.log" 2>&1 ;;
esac
scripts/e2e.sh "$@" >"$out/e2e.log" 2>&1
cp "$BUILD/e2e.xml" "$out/e2e.xml"
exit 0
