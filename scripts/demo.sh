#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# demo.sh [--no-bootstrap] [--help]
#
# Shows loadward stopping a model with malicious code, from nothing: installs what is needed,
# builds, makes a Python environment with transformers, and loads tests/fixtures/demo-model for
# real, first as it is, then under loadward. Everything happens in a network namespace of its own
# with a decoy home directory. Ends with one line, PASS or FAIL, and exit status 0 or 1.
set -u
. "$(dirname "$0")/lib.sh"

bootstrap=1
for arg in "$@"; do
    case $arg in
    --no-bootstrap) bootstrap=0 ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

fail() {
    echo "FAIL: $*"
    exit 1
}

cd "$ROOT" || exit 1
STEPS=$((2 + bootstrap))
step_log
if [ "$bootstrap" = 1 ]; then
    step "system packages and mounts" scripts/bootstrap.sh ||
        fail "the system could not be set up"
fi
step "building loadward" make -j"$(ncpu)" all || fail "loadward does not build"
step "Python environment with transformers (45 MB the first time)" scripts/venv.sh light ||
    fail "there is no Python environment to load a model with"
python=$(tail -1 "$STEP_LOG")
unshare --net "$python" scripts/demo.py "$python"
