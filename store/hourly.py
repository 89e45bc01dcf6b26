"""How many new posts each source brought in each hour, as rows. A row means: the source was being read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert

_C = t.hourly_counts.c


def hour_of(moment: datetime) -> datetime:
    """The beginning of the UTC hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def add(tx: Transaction, source: str, at: datetime, posts: int) -> None:
    """Count new posts in the hour of `at`; zero says that the source was read and brought none."""
    statement = insert(tx, t.hourly_counts).values(source=source, hour=hour_of(at), posts=posts)
    total = _C.posts + statement.excluded.posts
    tx.execute(statement.on_conflict_do_update(index_elements=["source", "hour"], set_={"posts": total}))


def counts(tx: Transaction, source: str, *, since: datetime, until: datetime) -> dict[datetime, int]:
    """Posts by the beginning of the hour, `since` included and `until` not."""
    where = (_C.source == source) & (_C.hour >= since) & (_C.hour < until)
    rows = tx.execute(sa.select(_C.hour, _C.posts).where(where).order_by(_C.hour))
    return {row.hour: row.posts for row in rows}


def forget(tx: Transaction, *, before: datetime) -> None:
    """Drop counts that no comparison asks for any more."""
    tx.execute(sa.delete(t.hourly_counts).where(_C.hour < hour_of(before) - timedelta(hours=1)))
