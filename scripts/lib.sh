# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts share: progress, messages, the cache directory. Sourced with bash.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PROG=${0##*/}
STEP=0
STEPS=0

# A make above us would hand its job server and its flags to the makes that we start.
unset MAKEFLAGS MFLAGS MAKELEVEL GNUMAKEFLAGS

die() {
    printf '%s: %s\n' "$PROG" "$*" >&2
    exit 1
}

# The comment block at the head of a script is its help.
usage() {
    sed -n -e '2,/^[^#]/ { /^# SPDX/d; s/^# \{0,1\}//p; }' "$ROOT/scripts/$PROG"
}

# step NAME COMMAND...: run a command quietly as the next of STEPS steps, with progress. Its output
# is kept in $STEP_LOG and shown when it fails. Returns the command's status.
step() {
    local name=$1 status dots start=$SECONDS
    shift
    STEP=$((STEP + 1))
    printf '[%d/%d] %s ... ' "$STEP" "$STEPS" "$name"
    # A sign of life for steps that take minutes; the parent's death ends it too.
    (
        trap 'kill "$!"; exit' TERM
        while kill -0 "$$" 2>/dev/null; do
            sleep 10 >/dev/null 2>&1 &
            wait "$!"
            printf '.'
        done
    ) &
    dots=$!
    "$@" >"$STEP_LOG" 2>&1 </dev/null
    status=$?
    kill "$dots" 2>/dev/null
    wait "$dots" 2>/dev/null
    if [ "$status" -eq 0 ]; then
        printf 'ok (%d s)\n' $((SECONDS - start))
    else
        printf 'FAILED (%d s, status %d)\n' $((SECONDS - start)) "$status"
        sed 's/^/    | /' "$STEP_LOG"
    fi
    return "$status"
}

step_log() {
    STEP_LOG=$(mktemp) || exit 1
    trap 'rm -f "$STEP_LOG"' EXIT
}

# Where things that outlive a clone are kept (Python environments); never inside the tree.
cache_dir() {
    local d
    for d in "${LOADWARD_CACHE:-/var/cache/loadward-test}" "${HOME:-/root}/.cache/loadward"; do
        if mkdir -p "$d" 2>/dev/null && [ -w "$d" ]; then
            printf '%s\n' "$d"
            return 0
        fi
    done
    return 1
}

ncpu() {
    nproc 2>/dev/null || echo 1
}
