"""What all tables are made of: the metadata with its naming rules, and the usual columns."""

from __future__ import annotations

import sqlalchemy as sa

from store.db import UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Text, Int, Real, Bool, Json, Blob = sa.Text, sa.BigInteger, sa.Float, sa.Boolean, sa.JSON, sa.LargeBinary
AUTO = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def key(name: str = "key") -> sa.Column[str]:
    return sa.Column(name, Text, primary_key=True)


def text(name: str, *, default: str = "") -> sa.Column[str]:
    return sa.Column(name, Text, nullable=False, server_default=default)


def when(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime, nullable=null)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, Bool, nullable=False, server_default=sa.false())
