#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# e2e.sh [PYTEST-ARGUMENT...]
#
# Runs the end-to-end tests (tests/e2e) with pytest, against build/loadward and build/triggers as
# they are. The tests find in their environment:
#
#   LOADWARD            the program           LOADWARD_TRIGGERS   directory of the trigger programs
#   LOADWARD_PY_LIGHT   an interpreter with the loaders without torch
#   LOADWARD_PY_TORCH   one with PyTorch; unset where the distribution has none
#   LOADWARD_PY_HUBS    one with the clients of further hubs; unset where Python is too old for them
#   LOADWARD_NSCD       glibc's name service cache; unset where it cannot be had
#
# What the tests measured of docs/guarantees.md is compared with it: after a whole run, every row.
# `scripts/guarantees.py update build/e2e.xml` takes over what has changed.
#
# pytest.skip("cannot: ...") is for what this machine cannot run; under CI=true any other skip is a
# failure. Last line: N passed, N failed, N skipped. No test at all is a failure.
set -u
. "$(dirname "$0")/lib.sh"

case ${1:-} in
-h | --help) usage && exit 0 ;;
esac
cd "$ROOT" || exit 1
build=$(realpath "${BUILD:-build}")
export LOADWARD=${LOADWARD:-$build/loadward} LOADWARD_TRIGGERS=$build/triggers
[ -x "$LOADWARD" ] || die "$LOADWARD is not built: make all"
python=$(scripts/venv.sh test) || die "no Python environment for the tests"
LOADWARD_PY_LIGHT=$(scripts/venv.sh light) || die "no Python environment for the loaders"
LOADWARD_PY_TORCH=$(scripts/venv.sh torch) || unset LOADWARD_PY_TORCH
LOADWARD_PY_HUBS=$(scripts/venv.sh hubs) || unset LOADWARD_PY_HUBS
LOADWARD_NSCD=$(scripts/nscd.sh) || unset LOADWARD_NSCD
export LOADWARD_PY_LIGHT LOADWARD_PY_TORCH LOADWARD_PY_HUBS LOADWARD_NSCD

results=$build/e2e.xml
rm -f "$results"
PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -q -ra --tb=short -p no:cacheprovider \
    -o junit_family=xunit1 --junitxml="$results" "${@:-tests/e2e}"
status=$?
all=()
[ $# -gt 0 ] || all=(--all)
"$python" scripts/guarantees.py compare "${all[@]}" "$results" || status=guarantees
exec "$python" scripts/pytest-sum.py "$results" "$status"
