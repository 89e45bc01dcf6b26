"""What all tests share: the gazetteer, built once a run however many processes test."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from store import gazetteer_build


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gazetteer file. Read it or copy it; never write to it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    path = shared / "places.sqlite"
    with (shared / "places.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            gazetteer_build.build(path)
    return path
