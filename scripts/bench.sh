#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench.sh [ARGUMENT...]
#
# Measures loadward beside the other monitors that this distribution packages (tests/bench/bench.py;
# its --help lists the arguments). Installs them first. Wants root and a quiet machine.
set -u
. "$(dirname "$0")/lib.sh"

cd "$ROOT" || exit 1
scripts/bootstrap.sh --bench || exit 1
python=$(scripts/venv.sh light) || die "no Python environment for the loader"
make -j"$(ncpu)" all bench-programs || exit 1
exec /usr/bin/python3 tests/bench/bench.py --venv "${python%/bin/python}" "$@"
