# SPDX-License-Identifier: Apache-2.0
"""Addresses of unix sockets and requests to io_uring made by chance: whatever a loader passes, each
call comes back, each event can be read, and nothing is lost."""

import json

import pytest

import box as b

SEEDS = range(4)
COUNT = {"unix": 2000, "uring": 1000}
EVERYTHING = [{"id": "all", "on": ["net.*", "file.*", "io_uring.*"], "action": "alert"}]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("what", COUNT)
def test_calls_made_by_chance(box, what, seed):
    where = box.new(what)
    done = box.run(b.TRIGGERS / "fuzz_calls", what, seed, COUNT[what], rules=EVERYTHING,
                   mode="observe", cwd=where)
    assert done.rc == 0, done.text
    assert json.loads(done.out)["done"] == COUNT[what]
    kinds = {b.get(r, "event.action") for r in done.records}
    assert {"net.connect", "net.bind"} <= kinds if what == "unix" else "io_uring.op" in kinds
    assert done.records.find("monitor.stop") and not done.records.find("monitor.gap")
