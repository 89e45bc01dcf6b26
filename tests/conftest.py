"""What all tests share: the gazetteer, built once a run; new databases, copied from a migrated one."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import gazetteer_build, migrate
from store.db import Store
from tests.chaos.ledger import faults, pytest_terminal_summary

__all__ = ["faults", "pytest_terminal_summary"]
"""The table of faults, for all tests: with several test processes only this file is read by the first one."""


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


@pytest.fixture(scope="session", autouse=True)
def _migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """New SQLite files are copies of the first one, which was really migrated: that costs a thirtieth.

    Processes that a test starts migrate by themselves.
    """
    really, path = migrate.upgrade, tmp_path_factory.mktemp("schema") / "migrated.db"

    def upgrade(store: Store) -> None:
        if store.engine.dialect.name != "sqlite" or migrate.present(store) is not None:
            really(store)
            return
        raw = store.engine.raw_connection()
        try:
            here = raw.driver_connection
            assert isinstance(here, sqlite3.Connection)
            if here.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                really(store)
            elif path.exists():
                with sqlite3.connect(path) as template:
                    template.backup(here)
                template.close()
            else:
                really(store)
                with sqlite3.connect(path) as template:
                    here.backup(template)
                template.close()
        finally:
            raw.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "upgrade", upgrade)
        yield
