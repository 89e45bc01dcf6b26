"""A consistent copy of the whole database as one SQLite file, and the way back from such a file.

SQLite is copied by itself while others write; PostgreSQL row by row inside one snapshot. Judges nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from store import migrate, queue_seen
from store import tables as t
from store.db import Store, Transaction, sqlite_url
from store.errors import StoreError

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy: the schema it has and how many rows each table holds."""

    schema: str
    rows: Mapping[str, int]


def write(store: Store, path: Path, *, with_keys: bool = True) -> Copied:
    """Copy the database into the new file `path`; what others commit meanwhile is left out as a whole.

    Deleted rows are not in it, not even as free pages; without the keys of single rows (not `with_keys`)
    what they seal cannot be opened from it. Raises StoreError where it cannot be written.
    """
    if path.exists():
        raise StoreError(str(path), "is there already; a copy goes into a new file")
    try:
        if store.is_sqlite:
            _vacuum_into(store, path)
        else:
            _copy_rows(store, path)
        if not with_keys:
            _drop_keys(path)
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        path.unlink(missing_ok=True)
        raise StoreError(str(path), f"the database could not be copied ({error}); is there space?") from error
    return examine(path)


def _drop_keys(path: Path) -> None:
    with closing(sqlite3.connect(path)) as copy:
        copy.execute("PRAGMA secure_delete=ON")
        with copy:
            copy.execute(f"DELETE FROM {t.record_keys.name}")  # noqa: S608
        copy.execute("VACUUM")


def _vacuum_into(store: Store, path: Path) -> None:
    raw = store.engine.raw_connection()
    try:
        # The page cache of the copy's writer stays small: the copy must not need more memory than the road.
        raw.cursor().execute("VACUUM INTO ?", (str(path),))
    finally:
        raw.close()


def _copy_rows(store: Store, path: Path) -> None:
    target = Store(sqlite_url(path))
    try:
        migrate.upgrade(target)
        with store.reading() as source, target.transaction() as tx:
            tx.execute(sa.text("PRAGMA defer_foreign_keys=ON"))
            _carry(source, tx)
    finally:
        target.close()


def _carry(source: Transaction, target: Transaction) -> None:
    """All rows of all tables; what a fresh schema brings by itself is replaced."""
    for table in reversed(t.metadata.sorted_tables):
        target.execute(sa.delete(table))
    for table in t.metadata.sorted_tables:
        query = sa.select(queue_seen.all_work(source) if table is t.jobs else table)
        rows = source.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
        for part in rows.mappings().partitions(ROWS_AT_ONCE):
            target.execute(sa.insert(table), [dict(row) for row in part])


def read(path: Path, store: Store) -> None:
    """Fill an empty PostgreSQL database from a copy. Raises StoreError unless it is empty.

    For SQLite the file itself is the database.
    """
    if migrate.present(store) is not None:
        raise StoreError("database_url", "holds a database already; give an empty one to restore into")
    held = Store(sqlite_url(path))
    try:
        migrate.migrate(held)
        migrate.upgrade(store)
        with held.reading() as source, store.transaction(durable=True) as tx:
            _carry(source, tx)
            _count_on(tx)
    finally:
        held.close()


def is_same(path: Path, store: Store) -> bool:
    """Whether the database was filled from this copy: its audit chain begins with the copy's whole chain."""
    if migrate.present(store) is None:
        return False
    held = Store(sqlite_url(path))
    try:
        query = sa.select(t.audit.c.seq, t.audit.c.digest).order_by(t.audit.c.seq.desc()).limit(1)
        with held.reading() as source, store.reading() as tx:
            head = source.execute(query).first()
            return head is not None and (
                tx.execute(sa.select(t.audit.c.digest).where(t.audit.c.seq == head.seq)).scalar()
                == head.digest
            )
    finally:
        held.close()


def _count_on(tx: Transaction) -> None:
    """Numbers that the database gives go on after the highest one that was carried over."""
    for table in t.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None or not isinstance(column.type, sa.Integer):
            continue
        sequence = tx.execute(
            sa.select(sa.func.pg_get_serial_sequence(f'"{table.name}"', column.name))
        ).scalar()
        highest = tx.execute(sa.select(sa.func.max(column))).scalar()
        if sequence and highest:
            tx.execute(sa.select(sa.func.setval(sequence, highest)))


def examine(path: Path) -> Copied:
    """What a copy holds, after looking at every page. Raises StoreError for a damaged one."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            said = [row[0] for row in copy.execute("PRAGMA integrity_check(5)")]
            if said != ["ok"]:
                raise StoreError(str(path), f"is damaged: {'; '.join(said)[:300]}")
            names = [
                row[0]
                for row in copy.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                )
            ]
            schema = copy.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            rows = {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
    except sqlite3.Error as error:
        raise StoreError(str(path), f"is no database of Homeward ({error})") from error
    return Copied(schema, rows)
