"""The database: opening it, one write transaction at a time, read snapshots, upserts that fit both dialects.

Nothing here knows a table. SQLite (WAL) is the default; PostgreSQL is reached by the same calls.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from store.errors import StoreError

Transaction = Connection
Clock = Callable[[], datetime]

BUSY_TIMEOUT_MS = 30_000
IDLE_IN_TRANSACTION_MS = 15_000
CUT_AFTER = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 12_000,
}


def utc_now() -> datetime:
    """The wall clock in aware UTC: the one clock that the running system passes around."""
    return datetime.now(UTC)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment: goes in and comes out as aware UTC. A naive datetime is refused with ValueError."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; every stored moment is aware UTC")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Store:
    """One database. `transaction()` writes, `reading()` reads a snapshot; both can be used by any thread.

    Raises StoreError when the database cannot be opened.
    """

    def __init__(self, url: str, *, clock: Clock = utc_now) -> None:
        self.url = url
        self.clock = clock
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # SQLite has one writer: queueing in the process is fair, polling for the file lock is not.
        self._writer = threading.RLock()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Transaction]:
        """One write transaction; committed at the end, rolled back on any exception.

        `durable` also survives a power cut (SQLite: synchronous=FULL), for the outbox.
        """
        lock = self._writer if self.is_sqlite else threading.RLock()
        with lock, self.engine.connect() as raw:
            mode = "durable" if durable else "write"
            with raw.execution_options(homeward_mode=mode).begin():
                yield raw

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A read-only snapshot: what it shows does not change while it is open."""
        with self.engine.connect() as raw, raw.execution_options(homeward_mode="read").begin():
            yield raw

    def empty_log(self) -> bool:
        """Bring SQLite's log into the database file and empty it: what was deleted is in neither then.

        False if somebody reads an older state just now; PostgreSQL recycles its own log. Waits a second.
        """
        if not self.is_sqlite:
            return True
        with self._writer, self.engine.connect() as connection:
            raw = connection.connection
            raw.execute("PRAGMA busy_timeout=1000").close()
            try:
                is_busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}").close()
        return not is_busy

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite+pysqlite:///{path}"


def _engine(url: str) -> sa.Engine:
    try:
        engine = sa.create_engine(url, **_options(url))
    except (sa.exc.ArgumentError, ImportError) as error:
        raise StoreError(
            "database_url", f"cannot be used ({error}); give sqlite or postgresql+psycopg"
        ) from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        sa.event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _options(url: str) -> dict[str, Any]:
    """PostgreSQL may be on another host: a connection that is cut is noticed within seconds."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "postgresql":
        return {}
    given = {name: value for name, value in CUT_AFTER.items() if name not in parsed.query}
    return {"connect_args": given, "pool_size": 10, "max_overflow": 40}


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # The locks of a host that vanished within a transaction hold up the others no longer than this.
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION_MS}")
        cursor.execute("SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 3")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling is off: BEGIN is ours (see _begin_sqlite).
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        # What is deleted is overwritten in the file, not only marked as free.
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("homeward_mode", "write")
    if mode == "read":
        connection.exec_driver_sql("BEGIN")
        return
    level = "FULL" if mode == "durable" else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous={level}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def insert(tx: Transaction, table: sa.Table) -> Any:
    """An INSERT of this dialect that has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return insert_of(tx.dialect.name, table)


def insert_of(dialect: str, table: sa.Table) -> Any:
    """The same by the dialect's name, for statements that are built once."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def upsert(
    tx: Transaction,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    update: Sequence[str] | None = None,
) -> None:
    """Insert rows by primary key; on conflict set the columns of `update` (None: all others).

    An empty `update` keeps what is there.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    names = [name for name in rows[0] if name not in keys] if update is None else list(update)
    tx.execute(_upsert(tx.dialect.name, table, tuple(names)), [dict(row) for row in rows])


@cache
def _upsert(dialect: str, table: sa.Table, names: tuple[str, ...]) -> Any:
    """Built once: putting a statement together costs more than running it."""
    keys = [column.name for column in table.primary_key.columns]
    statement = insert_of(dialect, table)
    if not names:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in names}
    )


def insert_new(tx: Transaction, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert one row unless its primary key is taken. True when it is new."""
    return tx.execute(_insert_new(tx.dialect.name, table), dict(row)).first() is not None


@cache
def _insert_new(dialect: str, table: sa.Table) -> Any:
    keys = list(table.primary_key.columns)
    return insert_of(dialect, table).on_conflict_do_nothing(index_elements=keys).returning(keys[0])
