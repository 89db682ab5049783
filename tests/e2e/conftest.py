# SPDX-License-Identifier: Apache-2.0
"""The whole session runs in a network and a mount namespace of its own. A test that tries a way
round a guarantee says what it came to through the fixture `guarantee`: see guarantees.py."""

import os
import signal
import subprocess

import pytest

import box as b
import guarantees

LIMIT = int(os.environ.get("LOADWARD_E2E_LIMIT", "600"))    # seconds; the slowest takes two minutes


def pytest_addoption(parser):
    parser.addoption("--rows", action="append", default=[], metavar="FILE",
                     help="of this file, run only what measures a row of docs/guarantees.md")


def pytest_collection_modifyitems(config, items):
    files = {os.path.basename(file) for file in config.getoption("--rows")}

    def stays(item):
        return item.path.name not in files or "guarantee" in item.fixturenames
    config.hook.pytest_deselected(items=[i for i in items if not stays(i)])
    items[:] = filter(stays, items)


def pytest_configure(config):
    del config
    # A background job of a shell has SIGINT ignored, and its children inherit that: not a test's.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.geteuid() == 0:
        b.enter_namespaces()


@pytest.fixture(autouse=True, scope="session")
def product():
    """What every test needs."""
    if os.geteuid() != 0:
        pytest.skip("cannot: these tests need root")
    assert os.access(b.LOADWARD, os.X_OK), f"{b.LOADWARD} is not built"


@pytest.fixture(autouse=True)
def limit():
    """A test that hangs fails, and says where."""
    def give_up(*unused):
        raise TimeoutError("hangs")
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)


@pytest.fixture(scope="module")
def box():
    """One box a module: tests that change what others see make names of their own."""
    one = b.Box()
    yield one
    one.close()


@pytest.fixture(scope="session")
def column(record_testsuite_property):
    facts = guarantees.column(b.LOADWARD)
    for name, value in facts.items():
        record_testsuite_property(name, value)
    return facts


@pytest.fixture
def guarantee(column, record_property):
    """Measures a row of docs/guarantees.md: see guarantees.py."""
    del column
    return guarantees.Guarantee(record_property)


@pytest.fixture(scope="session")
def light():
    python = os.environ.get("LOADWARD_PY_LIGHT")
    assert python, "LOADWARD_PY_LIGHT is not set: run scripts/e2e.sh"
    return python


@pytest.fixture(scope="session")
def hubs():
    python = os.environ.get("LOADWARD_PY_HUBS")
    if not python:
        pytest.skip("cannot: the clients of further hubs want a newer Python")
    return python


@pytest.fixture(scope="session")
def torch():
    python = os.environ.get("LOADWARD_PY_TORCH")
    if not python:
        pytest.skip("cannot: no PyTorch from this distribution")
    subprocess.run([python, "-c", "import torch"], check=True, capture_output=True)
    return python
