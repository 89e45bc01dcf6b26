"""Kept counters: numbers that pages show without counting rows."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_of


def add(tx: Transaction, name: str, amount: int) -> None:
    """Move a counter, in the transaction of what it counts."""
    tx.execute(_add(tx.dialect.name), {"name": name, "value": amount})


@cache
def _add(dialect: str) -> Any:
    statement = insert_of(dialect, t.counters)
    total = t.counters.c.value + statement.excluded.value
    return statement.on_conflict_do_update(index_elements=["name"], set_={"value": total})


def value(tx: Transaction, name: str) -> int:
    """Where the counter stands; 0 if it never moved."""
    found = tx.execute(sa.select(t.counters.c.value).where(t.counters.c.name == name)).scalar()
    return int(found or 0)


def drop(tx: Transaction, prefix: str) -> None:
    """Forget all counters whose name begins so."""
    tx.execute(sa.delete(t.counters).where(t.counters.c.name.startswith(prefix, autoescape=True)))
