"""Each test of this folder runs on SQLite (make test) and on PostgreSQL (make test-servers)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.db import Store
from tests import stores
from tests.stores import Clock


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with stores.postgres() as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    if request.param == "sqlite":
        made = stores.sqlite_store(tmp_path, clock)
    else:
        made = stores.postgres_store(request.getfixturevalue("postgres_url"), clock)
    yield made
    made.close()
