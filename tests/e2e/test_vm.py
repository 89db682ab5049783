# SPDX-License-Identifier: Apache-2.0
"""scripts/vm-test.sh: what cannot be run is no success."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_a_kernel_that_cannot_be_had_is_missing():
    done = subprocess.run(["scripts/vm-test.sh", "9.9/lsm"], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 1, done
    assert "9.9/lsm: missing: no suite is known to have it" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"
