"""Finds every stand-in of this package and gives each test body of the suite to each of them.

A harness names in `cannot` which bodies make no sense for its adapter, with the reason; test_the_table.py
sees to it that nothing is left out in silence.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.collectors.harness import Harness

SUITE = ("test_every_collector", "test_every_answer")


def harnesses() -> list[type[Harness]]:
    """All stand-ins, by name."""
    found: list[type[Harness]] = []
    for info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if info.name.endswith("_server"):
            module = importlib.import_module(f"{__package__}.{info.name}")
            found.extend(module.HARNESSES)
    return sorted(found, key=lambda harness: harness.name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every adapter that can, for the bodies of the suite alone."""
    if metafunc.module.__name__.rpartition(".")[2] in SUITE and "server" in metafunc.fixturenames:
        able = [harness for harness in harnesses() if metafunc.function.__name__ not in harness.cannot]
        metafunc.parametrize("server", able, ids=[harness.name for harness in able], indirect=True)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """A started stand-in server."""
    harness: Harness = request.param()
    harness.start()
    try:
        yield harness
    finally:
        harness.stop()
