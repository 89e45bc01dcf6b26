"""Bringing a database to this version's schema. A newer database is refused, never touched."""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from store.db import Store
from store.errors import SchemaMismatch, StoreError

_SCRIPTS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


@cache
def head() -> str:
    """The schema that this version of Homeward speaks."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def present(store: Store) -> str | None:
    """The schema that the database has, None for an empty one. Raises StoreError if it does not open."""
    try:
        with store.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
        cause = str(getattr(error, "orig", error)).splitlines()[0]
        where = store.engine.url.render_as_string(hide_password=True)
        raise StoreError(where, f"cannot be opened as a database ({cause})") from error


def migrate(store: Store) -> bool:
    """Bring the database to `head()`. True if anything was done. Raises SchemaMismatch for a newer one."""
    held = present(store)
    if held == head():
        return False
    if held is not None and held not in _known():
        raise SchemaMismatch(
            store.engine.url.render_as_string(hide_password=True),
            f"has schema {held}, newer than this version ({head()}); use the Homeward that made it",
        )
    upgrade(store)
    return True


def upgrade(store: Store) -> None:
    """Take every step from the database's schema to `head()`, all or none."""
    config = _config()
    with store.transaction(durable=True) as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "head")


def scripts() -> list[Script]:
    """Every step there is, the newest first."""
    return list(ScriptDirectory.from_config(_config()).walk_revisions())


def is_known(schema: str) -> bool:
    """Whether this version can bring a database of that schema to its own."""
    return schema in _known()


def _known() -> set[str]:
    return {script.revision for script in scripts()}
