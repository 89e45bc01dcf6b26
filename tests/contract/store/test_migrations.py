"""The migrations make exactly the tables that the code speaks of, and refuse what they do not know."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from store import tables
from store.db import Store
from store.errors import SchemaMismatch
from store.migrate import head, migrate, present


def test_the_migrated_schema_is_the_one_in_the_code(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    assert present(store) == head()


def test_migrating_again_does_nothing(store: Store) -> None:
    assert migrate(store) is False


def test_a_newer_database_is_refused_and_left_alone(store: Store) -> None:
    with store.transaction() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(SchemaMismatch, match="9999"):
            migrate(store)
    finally:
        with store.transaction() as tx:
            tx.execute(sa.text("UPDATE alembic_version SET version_num = :head"), {"head": head()})
