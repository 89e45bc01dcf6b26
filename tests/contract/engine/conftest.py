"""Engines to be held to one contract: the local one on both databases, the distributed one on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.engine.base import Engine
from bot.engine.distributed import DistributedEngine
from bot.engine.local import LocalEngine
from store.db import Store, utc_now
from tests import stores
from tests.stores import Clock

LEASE = timedelta(seconds=60)
DEAD_AFTER = timedelta(seconds=15)
ATTEMPTS = 3

LATER = """
    UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - make_interval(secs => :s);
    UPDATE procrastinate_events SET at = at - make_interval(secs => :s);
    UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - make_interval(secs => :s)
"""


@dataclass
class World:
    """A store, the clock by which it lives, and engines on it, each as another process would have it."""

    store: Store
    clock: Callable[[], datetime]
    make: Callable[[], Engine]

    def later(self, **by: float) -> None:
        """Time passes. Where the server's own clock counts, what lies in the database gets older."""
        if isinstance(self.clock, Clock):
            self.clock.tick(**by)
            return
        with self.store.transaction() as tx:
            for statement in LATER.split(";"):
                tx.execute(sa.text(statement), {"s": timedelta(**by).total_seconds()})


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with stores.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def database(server: str) -> Iterator[str]:
    with stores.database(server, "engine") as url:
        yield url


KINDS = ("local", "local-postgresql", "distributed")


@pytest.fixture(params=[k if k == "local" else pytest.param(k, marks=pytest.mark.servers) for k in KINDS])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    clock = Clock(utc_now())
    if request.param == "local":
        store = stores.sqlite_store(tmp_path, clock)
    else:
        store = stores.postgres_store(request.getfixturevalue("database"), clock)
        with store.transaction() as tx:
            if tx.execute(sa.text("SELECT to_regclass('procrastinate_jobs')")).scalar():
                tx.execute(sa.text("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE"))
    made: list[Engine] = []

    def make() -> Engine:
        if request.param == "distributed":
            made.append(
                DistributedEngine(
                    store, utc_now, lease=LEASE, dead_after=DEAD_AFTER, attempts=ATTEMPTS, beats=False
                )
            )
        else:
            made.append(LocalEngine(store, clock, lease=LEASE, attempts=ATTEMPTS))
        return made[-1]

    yield World(store, utc_now if request.param == "distributed" else clock, make)
    for engine in made:
        engine.close()
    store.close()
