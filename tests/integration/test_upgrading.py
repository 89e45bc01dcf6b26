"""Databases of every earlier schema, with rows in every table, become this one; a failure is undone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from bot.home import Home
from bot.services import upgrading
from store import migrate, snapshot
from store.db import Store, sqlite_url
from store.errors import SchemaMismatch, StoreError
from tests.stores import START

pytestmark = pytest.mark.servers

REVISIONS = [script.revision for script in reversed(list(migrate.scripts()))]
GONE = {"web_sessions"}
"""An upgrade signs everybody out."""


def at_schema(folder: Path, revision: str) -> Store:
    """A database of that schema with one made-up row in every table."""
    store = Store(sqlite_url(folder / "homeward.db"))
    config = migrate._config()
    with store.transaction() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, revision)
    found = sa.MetaData()
    found.reflect(store.engine)
    with store.transaction() as tx:
        for table in found.sorted_tables:
            if table.name != "alembic_version" and not tx.execute(sa.select(table).limit(1)).first():
                tx.execute(sa.insert(table).values({c.name: value(c) for c in table.columns}))
    return store


def value(column: sa.Column[Any]) -> Any:
    """Something that the column takes."""
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer | sa.BigInteger):
        return 7
    if isinstance(kind, sa.Float | sa.Numeric):
        return 0.5
    if isinstance(kind, sa.LargeBinary):
        return b"\0\0\0\0"
    if isinstance(kind, sa.DateTime):
        return dt.datetime(2026, 11, 1, 8, 0)  # noqa: DTZ001  (as SQLite holds it)
    if isinstance(kind, sa.Date):
        return dt.date(2026, 11, 1)
    if isinstance(kind, sa.JSON):
        return {}
    return f"kept {column.name}"


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_database_of_an_earlier_schema_keeps_its_rows(revision: str, tmp_path: Path) -> None:
    home = Home(tmp_path, False)
    before = snapshot_of(at_schema(tmp_path, revision))
    done = upgrading.upgrade(home, now=START)
    assert (done.before, done.after) == (revision, migrate.head())
    after = snapshot.examine(home.database)
    assert after.schema == migrate.head()
    assert {name: after.rows.get(name) for name in before if name not in GONE} == {
        name: rows for name, rows in before.items() if name not in GONE
    }
    assert done.copy is not None and snapshot.examine(done.copy).schema == revision
    assert upgrading.upgrade(home, now=START).copy is None, "twice does nothing"


def snapshot_of(store: Store) -> dict[str, int]:
    store.empty_log()
    store.close()
    return dict(snapshot.examine(Path(store.engine.url.database or "")).rows)


def test_a_failed_upgrade_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    home = Home(tmp_path, False)
    before = snapshot_of(at_schema(tmp_path, REVISIONS[3]))

    def half(store: Store) -> None:
        with store.transaction() as tx:
            tx.execute(sa.text("DELETE FROM posts"))
        raise RuntimeError("the light went out")

    with pytest.raises(StoreError, match="as it was before"):
        upgrading.upgrade(home, now=START, step=half)
    held = snapshot.examine(home.database)
    assert held.schema == REVISIONS[3] and dict(held.rows) == before


def test_a_newer_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    home, store = Home(tmp_path, False), at_schema(tmp_path, REVISIONS[-1])
    with store.transaction() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.empty_log()
    store.close()
    data = home.database.read_bytes()
    with pytest.raises(SchemaMismatch, match="use the Homeward that made it"):
        upgrading.upgrade(home, now=START)
    assert home.database.read_bytes() == data and not (tmp_path / upgrading.FOLDER).exists()


def test_only_the_last_copies_are_kept(tmp_path: Path) -> None:
    home = Home(tmp_path, False)
    folder = tmp_path / upgrading.FOLDER
    folder.mkdir()
    for number in range(5):
        (folder / f"000{number}-old.db").write_bytes(b"")
    at_schema(tmp_path, REVISIONS[0]).close()
    done = upgrading.upgrade(home, now=START)
    assert done.copy in set(folder.iterdir()) and len(list(folder.iterdir())) == upgrading.KEPT
