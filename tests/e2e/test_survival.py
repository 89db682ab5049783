# SPDX-License-Identifier: Apache-2.0
"""The death of the daemon ends no verdict: what is pinned stays in force, the next daemon takes it
over and says what nobody has seen."""

import contextlib
import os
import socket

import pytest

import box as b
from pins import WAYS, Node

BLIND = {
    "new-loader": "if open({secret!r}).read(): print('did', flush=True)",
}
IDLE = ("open", "exec", "connect")


class Story:
    """What came of each way while no daemon ran, and what the next daemon wrote of it."""

    def __init__(self, node, ways, options=(), warm=True):
        self.truth, self.pids = {}, {}
        listener = socket.create_server((b.EXT, 0))
        self.values = {"secret": str(node.secret), "keep": str(node.keep), "ext": b.EXT,
                       "port": listener.getsockname()[1]}
        with listener:
            first = node.daemon(*options)
            ready = {}
            if warm:
                ready = {w: node.loader(ways[w].format(**self.values)) for w in ways
                         if w not in BLIND}
                first.all_hooks()
            first.kill()
            self.pinned = node.pinned()
            for way in ways:
                process = ready.get(way) or node.loader(ways[way].format(**self.values))
                self.pids[way] = process.pid
                done = node.go(process)
                self.truth[way] = b"did" in done.out
            if "unlink" in ways:
                self.truth["unlink"] = not node.keep.exists()
            with node.daemon(*options) as second:
                for way, pid in self.pids.items():
                    second.wait_for("loader.end", process__pid=pid)
                self.records = second.records
                self.text = second.text

    def alerts(self, way, rule):
        """By its process or a child of it: every way has a loader of its own."""
        starts = self.records.find("loader.start", process__pid=self.pids[way])
        ids = {b.get(r, "loader.id") for r in starts}
        return [r for r in self.records.alerts(rule__id=rule) if b.get(r, "loader.id") in ids]


RULE = {"open": "secret", "child-open": "secret", "new-loader": "secret", "exec": "true",
        "connect": "net", "unlink": "keep"}


@pytest.fixture(scope="module")
def killed(box):
    with Node(box, "killed") as node:
        yield Story(node, {**WAYS, **BLIND})


@pytest.mark.parametrize("way", [*WAYS, *BLIND])
def test_a_dead_daemon_stops_what_it_forbade(killed, way, guarantee):
    alerts = killed.alerts(way, RULE[way])
    assert len(alerts) == 1, alerts
    guarantee(f"survive.{way}", alerts, happened=killed.truth[way])


def test_the_gap_is_written(killed):
    gap, = killed.records.find("monitor.gap")
    assert b.get(gap, "monitor.blind_ns") > 0 and b.get(gap, "monitor.lost") == 0
    pins, = killed.records.find("monitor.pins", monitor__state="adopted")
    assert "0 loaders" in b.get(pins, "monitor.detail")    # all have ended by then
    assert len(killed.records.find("monitor.start")) == 2


def test_status_without_a_daemon(killed):
    assert killed.pinned["state"] == "in-force" and not killed.pinned["daemon"]
    assert killed.pinned["loaders"] == len(WAYS) and killed.pinned["mode"] == "enforce"
    assert killed.pinned["hooks"] > 20


@pytest.mark.parametrize("always", [False, True], ids=["on-demand", "always"])
def test_a_daemon_that_died_idle(box, guarantee, always):
    """No system call hook was attached then; --hooks-always has them."""
    with Node(box, "idle") as node:
        story = Story(node, {w: WAYS[w] for w in IDLE}, ["--hooks-always"] if always else [],
                      warm=False)
        for way in IDLE:
            name = f"survive.idle-{way}" + ("-always" if always else "")
            guarantee(name, story.alerts(way, RULE[way]), happened=story.truth[way])


def test_loaders_that_lived_on(box):
    """They are known, judged by the next daemon's policy, and their end is seen."""
    with Node(box, "lived") as node:
        first = node.daemon()
        process = node.loader(WAYS["open"].format(secret=str(node.secret)))
        first.all_hooks()
        tag = first.status()["loaders"][0]["id"]
        first.kill()
        with node.daemon() as second:
            assert [x["id"] for x in second.status()["loaders"]] == [tag]
            assert second.status()["pins"]["adopted"]
            assert node.go(process).rc == -9
            alert, = second.wait_for("file.open", process__pid=process.pid)
            assert b.get(alert, "rule.id") == "secret"
            assert b.get(alert, "loader.why_rule") == "loader:l"
            second.wait_for("loader.end", process__pid=process.pid)
            assert not second.status()["loaders"]
        assert not node.pins.exists()


def test_another_policy_takes_over(box):
    with Node(box, "other") as node:
        first = node.daemon()
        process = node.loader(WAYS["open"].format(secret=str(node.secret)))
        first.all_hooks()
        first.kill()
        node.policy = box.policy([], loaders=[
            {"id": "l", "exec": [str(node.python)], "tag": "loader"}])
        with node.daemon():
            assert b"did" in node.go(process).out


STORM = """
import itertools
for n in itertools.count(1):
    try:
        open({secret!r}).close()
    except OSError:
        pass
    time.sleep(0.005)
    if os.path.exists({stop!r}):
        break
print(n, flush=True)
"""


def test_taken_over_without_a_hole_and_nothing_twice(box):
    """A loader opens a watched file all the time while one daemon is killed and the next comes."""
    with Node(box, "swap") as node:
        node.policy = box.policy(
            [{"id": "secret", "on": "file.open", "path": [str(node.secret)], "action": "alert"}],
            loaders=[{"id": "l", "exec": [str(node.python)], "tag": "loader"}])
        stop = box.root / "stop-storm"
        first = node.daemon()
        process = node.loader(STORM.format(secret=str(node.secret), stop=str(stop)))
        first.all_hooks()
        process.stdin.write(b"\n")
        process.stdin.flush()
        first.wait_for("file.open", count=100)
        first.kill()
        with node.daemon() as second:
            before = len(second.records.alerts("file.open"))
            second.wait_for("file.open", count=before + 100)
            stop.touch()
            done = box.finish(process, None)
            second.wait_for("loader.end", process__pid=process.pid)
            records = second.records
        # A machine under load may take longer for the start than the ring of violations lasts.
        lost = sum(b.get(r, "monitor.lost") if b.get(r, "monitor.ring") == "violations" else
                   int(b.get(r, "monitor.detail").split()[0])
                   for r in records.find("monitor.gap")
                   if b.get(r, "monitor.ring") not in ("telemetry", "stacks"))
        stamps = [r["@timestamp"] for r in records.alerts("file.open")]
        assert len(stamps) == len(set(stamps)) and len(stamps) + lost == int(done.out), lost


FLOOD = """
for _ in range({n}):
    open({watched!r}).close()
print('flooded', flush=True)
sys.stdin.readline()
if open({secret!r}).read(): print('did', flush=True)
"""


def test_a_full_ring_stops_nothing_but_records(box):
    """With no reader it runs full: the verdict is the same, and what was lost is counted."""
    watched, n = box.write("watched", "x"), 12000
    with Node(box, "full") as node:
        node.policy = box.policy(
            [{"id": "watched", "on": "file.open", "path": [str(watched)], "action": "alert"},
             *node.rules], loaders=[{"id": "l", "exec": [str(node.python)], "tag": "loader"}])
        first = node.daemon()
        process = node.loader(FLOOD.format(n=n, watched=str(watched), secret=str(node.secret)))
        first.all_hooks()
        first.kill()
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"flooded\n"
        done = node.go(process)
        assert done.rc == -9 and b"did" not in done.out
        with node.daemon() as second:
            gap, = second.wait_for("monitor.gap")
            lost = b.get(gap, "monitor.lost")
            assert lost > 0
            # The flood, the forbidden open and the end of the loader.
            b.until(lambda: len(second.records.alerts()) +
                    len(second.records.find("loader.end")) + lost == n + 2, "all that was kept")


def test_a_loader_that_kills_the_daemon(box, column, guarantee):
    """Where no hook denies the signal it arrives; the record of it waits for the next daemon."""
    with Node(box, "murder") as node:
        first = node.daemon()
        process = node.loader(f"os.kill({first.process.pid}, 9)\nprint('did', flush=True)")
        first.all_hooks()
        done = node.go(process)
        assert done.rc == -9
        arrives = column["rung"] == 3
        if arrives:
            assert first.process.wait(b.PATIENCE) == -9
        assert node.secret_is_stopped()
        with node.daemon() if arrives else contextlib.nullcontext(first) as last:
            alert, = last.wait_for("process.signal", process__pid=process.pid)
            assert b.get(alert, "rule.id") == "self:process"
            guarantee("self.killed-pinned", [alert], happened=first.process.poll() is not None)
        last.__exit__()


class TestStop:
    """SIGTERM."""

    def test_without_loaders_nothing_stays(self, box):
        with Node(box, "stop") as node:
            with node.daemon():
                assert node.pins.is_dir() and os.stat(node.pins).st_mode & 0o777 == 0o700
            assert not node.pins.exists()
            stop, = b.read_log(node.log).find("monitor.stop")
            assert b.get(stop, "monitor.state") == "removed"

    def test_with_loaders_it_stays(self, box):
        with Node(box, "stop") as node:
            with node.daemon() as first:
                process = node.loader(WAYS["open"].format(secret=str(node.secret)))
                first.all_hooks()
            assert first.process.returncode == 0 and "unload" in first.text
            stop, = b.read_log(node.log).find("monitor.stop")
            assert b.get(stop, "monitor.state") == "kept"
            words = node.status().out.decode()
            assert "still in force" in words and "1 loaders" in words
            assert node.go(process).rc == -9
            assert node.secret_is_stopped()

    def test_unless_it_is_told_otherwise(self, box):
        with Node(box, "stop") as node:
            with node.daemon("--on-stop", "remove") as first:
                process = node.loader(WAYS["open"].format(secret=str(node.secret)))
                first.all_hooks()
            assert not node.pins.exists()
            # The daemon has ended; the last hooks go in the background.
            b.until(lambda: not node.secret_is_stopped(), "the end of the hooks")
            assert b"did" in node.go(process).out


class TestUnload:
    def test_it_ends_everything(self, box):
        with Node(box, "unload") as node:
            first = node.daemon()
            process = node.loader(WAYS["open"].format(secret=str(node.secret)))
            first.all_hooks()
            hooks = node.pinned()["hooks"]
            assert hooks > 20
            first.kill()
            done = node.unload()
            assert done.rc == 0 and f"{hooks} hooks; 1 loaders" in done.out.decode()
            assert not node.pins.exists()
            assert b"did" in node.go(process).out

    def test_nothing_there(self, box):
        with Node(box, "unload") as node:
            done = node.unload()
            assert done.rc == 0 and b"nothing is pinned" in done.out

    def test_a_daemon_lives(self, box):
        with Node(box, "unload") as node, node.daemon() as daemon:
            done = node.unload()
            assert done.rc == 1 and "lives" in done.text
            assert daemon.status()["pins"]["state"] == "all"

    def test_usage(self, box):
        assert box.plain(b.LOADWARD, "unload", "now").rc == 2
        assert box.plain(b.LOADWARD, "unload", "--help").rc == 0
        assert box.plain(b.LOADWARD, "daemon", "--on-stop", "x").rc == 2
