#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh: the static checks, on all tracked files and on those that could be added. No root needed.
set -u
cd "$(dirname "$0")/../.." || exit 1
python=$(scripts/venv.sh test) || exit 1
exec "$python" -B tests/check/check.py
