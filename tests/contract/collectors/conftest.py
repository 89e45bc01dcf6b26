"""Finds every stand-in server of this package and gives one test body to each."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.collectors.harness import Harness


def harnesses() -> list[type[Harness]]:
    """All stand-ins, by name."""
    found: list[type[Harness]] = []
    for info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if info.name.endswith("_server"):
            module = importlib.import_module(f"{__package__}.{info.name}")
            found.extend(module.HARNESSES)
    return sorted(found, key=lambda harness: harness.name)


@pytest.fixture(params=harnesses(), ids=lambda harness: harness.name)
def server(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """A started stand-in server."""
    harness: Harness = request.param()
    harness.start()
    try:
        yield harness
    finally:
        harness.stop()
