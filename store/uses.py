"""How often each person had something revealed or exported on a day, as counters."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert


@dataclass(frozen=True, slots=True)
class Use:
    """One person, one day (ISO, UTC), one kind, how often."""

    user: str
    day: str
    kind: str
    count: int


def add(tx: Transaction, user: str, day: str, kind: str, amount: int = 1) -> int:
    """Count; gives the number of that day so far."""
    statement = insert(tx, t.uses).values(user=user, day=day, kind=kind, count=amount)
    statement = statement.on_conflict_do_update(
        index_elements=["user", "day", "kind"], set_={"count": t.uses.c.count + statement.excluded.count}
    )
    return int(tx.execute(statement.returning(t.uses.c.count)).scalar_one())


def since(tx: Transaction, day: str) -> list[Use]:
    """Everything counted on this day and later, newest day first."""
    c = t.uses.c
    query = sa.select(t.uses).where(c.day >= day).order_by(c.day.desc(), c.user, c.kind)
    return [Use(**row._mapping) for row in tx.execute(query)]


def drop_before(tx: Transaction, day: str) -> None:
    """Forget what was counted before this day."""
    tx.execute(sa.delete(t.uses).where(t.uses.c.day < day))
