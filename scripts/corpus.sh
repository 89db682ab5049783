#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# corpus.sh [--mode none|alert|enforce]... [--jobs N] [--resident] [--light] [--loader NAME]
#           [CASE-ID...]
#
# Runs the corpus of attacking and benign model loads (tests/corpus) and judges it by class:
#
#   alert     loadward watches in mode observe: each attack is reported, each benign load is silent
#   enforce   it stops them: reported, and the effect did not happen; benign loads are unharmed
#   none      no monitor: shows that each attack of the corpus really works on this machine
#
# Default: alert, then enforce. CASE-ID is a regular expression; --loader: only cases that load in
# this way (script, hf_config ...: tests/corpus). --resident: one daemon for all cases of a job, not
# a `loadward run` for each. --light: not the tier that needs PyTorch. Classes that are not promised
# yet are run and shown, and do not count. Last line: N passed, N failed, N skipped. Under CI=true a
# case that this machine could run but did not is a failure. JSON results: build/corpus/MODE.jsonl.
# A whole run is also compared with docs/guarantees.md; `scripts/guarantees.py update build/e2e.xml
# build/corpus` takes over what has changed.
set -u
. "$(dirname "$0")/lib.sh"

modes=() ids=() jobs=${JOBS:-$(nproc)} adapter=loadward select=() light_only=
while [ $# -gt 0 ]; do
    case $1 in
    --mode) modes+=("${2:?--mode wants none, alert or enforce}") && shift 2 ;;
    --jobs) jobs=${2:?--jobs wants a number} && shift 2 ;;
    --resident) adapter=resident && shift ;;
    --light) light_only=1 && shift ;;
    --loader) select=(--loader "${2:?--loader wants a name}") && shift 2 ;;
    -h | --help) usage && exit 0 ;;
    -*) usage >&2 && exit 2 ;;
    *) ids+=("$1") && shift ;;
    esac
done
[ ${#modes[@]} -gt 0 ] || modes=(alert enforce)
[ "$(id -u)" -eq 0 ] || die "the corpus needs root: it makes namespaces and decoys"

cd "$ROOT" || exit 1
out=${BUILD:-build}/corpus
mkdir -p "$out" || exit 1
light=$(scripts/venv.sh light) || die "no Python environment for the light tier"
tiers=(--light "$light")
if [ -n "$light_only" ]; then
    echo "SKIP tier full: --light"
elif full=$(scripts/venv.sh torch); then
    tiers+=(--full "$full")
else
    echo "SKIP tier full: no PyTorch here"
fi

python=$(scripts/venv.sh test) || die "no Python environment for the tests"
status=0
for mode in "${modes[@]}"; do
    monitor=()
    case $mode in
    none) ;;
    alert | enforce) monitor=(--adapter "$adapter" --mode "$mode") ;;
    *) die "no such mode: $mode" ;;
    esac
    # One runner per job, each in namespaces of its own, with every N-th case.
    mapfile -t cases < <("$python" tests/corpus/runner.py --set open --manifest \
        "${select[@]}" "${ids[@]}" | sed -n 's/.*"id": "\([^"]*\)".*/\1/p')
    [ ${#cases[@]} -gt 0 ] || die "no such case"
    pids=()
    for ((j = 0; j < jobs && j < ${#cases[@]}; j++)); do
        mine=()
        for ((i = j; i < ${#cases[@]}; i += jobs)); do mine+=("${cases[i]}"); done
        # Each runs in a network namespace of its own: nobody else has the port.
        CORPUS_PORT=18080 "$python" tests/corpus/runner.py --set open "${tiers[@]}" \
            "${monitor[@]}" --out "$out/$mode.$j" "${mine[@]}" </dev/null \
            >"$out/$mode.$j.log" 2>&1 &
        pids+=($!)
    done
    # The runner's own exit status counts every class; ours is the judge's, on its JSON.
    for pid in "${pids[@]}"; do wait "$pid"; done
    cat "$out/$mode".[0-9]*.log >"$out/$mode.log"
    cat $(seq -f "$out/$mode.%g" 0 $((${#pids[@]} - 1))) >"$out/$mode.jsonl"
    rm -f "$out/$mode".[0-9]*
    # An attack that left no trace at all: does it work on this kernel?
    mapfile -t doubtful < <("$python" tests/corpus/judge.py --doubtful "$out/$mode.jsonl" | grep .)
    if [ "$mode" != none ] && [ ${#doubtful[@]} -gt 0 ]; then
        "$python" tests/corpus/runner.py --set open "${tiers[@]}" --out "$out/plain" \
            "${doubtful[@]}" >>"$out/$mode.log" 2>&1 </dev/null
        "$python" tests/corpus/judge.py --excuse "$out/$mode.jsonl" "$out/plain"
    fi
    "$python" tests/corpus/judge.py "$mode" ${#cases[@]} "$out/$mode.jsonl" ||
        { status=1 && echo "whole output: $out/$mode.log"; }
done
if [ ${#ids[@]} -eq 0 ] && [ ${#select[@]} -eq 0 ] && [ "${modes[*]}" = "alert enforce" ]; then
    "$python" scripts/guarantees.py corpus "$out" || status=1
fi
if [ ${#modes[@]} -gt 1 ]; then
    "$python" tests/corpus/judge.py --sum "$out" "${modes[@]}"
fi
exit $status
