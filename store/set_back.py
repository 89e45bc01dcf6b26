"""Waiting times after the clock was set back: what was to come a moment later must not wait for a day.

Moves moments that lie ahead, of jobs, replies and resting sources. Decides nothing about clocks.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction

WAITING = (
    (t.jobs, ("stage", "key"), "not_before"),
    (t.jobs, ("stage", "key"), "lease_until"),
    (t.replies, ("key",), "not_before"),
    (t.replies, ("key",), "lease_until"),
    (t.sources, ("source",), "next_try_at"),
)


def move(tx: Transaction, now: datetime, by: timedelta) -> int:
    """Bring every waiting moment after `now` forward by `by`, none to before `now`. How many there were."""
    return sum(_move(tx, table, keys, name, now, by) for table, keys, name in WAITING)


def _move(
    tx: Transaction, table: sa.Table, keys: tuple[str, ...], name: str, now: datetime, by: timedelta
) -> int:
    moment, columns = table.c[name], [table.c[key] for key in keys]
    rows = tx.execute(sa.select(*columns, moment).where(moment > now)).all()
    for *values, at in rows:
        here = sa.and_(*(column == value for column, value in zip(columns, values, strict=True)))
        tx.execute(sa.update(table).where(here).values({name: max(now, at - by)}))
    return len(rows)
