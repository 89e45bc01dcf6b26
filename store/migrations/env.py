"""Alembic's entry: runs the steps on the connection that store/migrate.py hands over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from store import tables
from store.steps import step

connection = context.config.attributes.get("connection")
if connection is None:
    # A developer called `alembic` by hand to write a step: compare with an empty database.
    connection = sa.create_engine("sqlite://").connect()
is_sqlite = connection.dialect.name == "sqlite"
context.configure(
    connection=connection,
    target_metadata=tables.metadata,
    render_as_batch=is_sqlite,
    on_version_apply=lambda **_: step("migrate.applied"),
)
with context.begin_transaction():
    context.run_migrations()
