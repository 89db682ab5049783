# SPDX-License-Identifier: Apache-2.0
"""Ways out of the tag: what a descendant does is stopped like the loader's own doing."""

import pytest

import box as b


@pytest.fixture(scope="module")
def killed(box):
    path = box.write("tag/file", box.token)
    done = box.run(b.TRIGGERS / "tag_ways", "all", path, rules=[
        {"id": "watched", "on": "file.open", "path": [str(path)], "action": "kill"}])
    assert done.rc == 0, done.text
    return done


@pytest.mark.parametrize("way", b.ways("tag_ways"))
def test_a_descendant_is_stopped(killed, way, guarantee):
    truth = killed.truths[way]
    alerts = killed.records.alerts("file.open", process__pid=truth["pid"])
    guarantee(f"tag.{way}", alerts, happened=truth["got"])
