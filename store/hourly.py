"""How many new posts each source brought in each hour, of all its hashtags and of each, as rows.

A row means: it was being read in that hour. The tag "" is the whole source.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert

_C = t.hourly_counts.c
WHOLE = ""


def hour_of(moment: datetime) -> datetime:
    """The beginning of the UTC hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def add(
    tx: Transaction, source: str, at: datetime, posts: int, by_tag: Mapping[str, int] | None = None
) -> None:
    """Count new posts in the hour of `at`; zero says that it was read and brought none.

    `by_tag` counts those of each hashtag that was read. A post may carry several.
    """
    hour = hour_of(at)
    found = {WHOLE: posts, **(by_tag or {})}
    # In one order always, so that two writers on PostgreSQL do not wait for each other.
    rows = [
        {"source": source, "tag": tag, "hour": hour, "posts": number} for tag, number in sorted(found.items())
    ]
    statement = insert(tx, t.hourly_counts).values(rows)
    total = _C.posts + statement.excluded.posts
    keys = ["source", "tag", "hour"]
    tx.execute(statement.on_conflict_do_update(index_elements=keys, set_={"posts": total}))


def counts(
    tx: Transaction, source: str, *, since: datetime, until: datetime, tag: str = WHOLE
) -> dict[datetime, int]:
    """Posts by the beginning of the hour, `since` included and `until` not."""
    where = (_C.source == source) & (_C.tag == tag) & (_C.hour >= since) & (_C.hour < until)
    rows = tx.execute(sa.select(_C.hour, _C.posts).where(where).order_by(_C.hour))
    return {row.hour: row.posts for row in rows}


def by_tag(tx: Transaction, *, since: datetime) -> dict[tuple[str, str], dict[datetime, int]]:
    """The same for every (source, tag) at once, from the hour `since` on."""
    query = sa.select(t.hourly_counts).where(_C.hour >= since).order_by(_C.source, _C.tag, _C.hour)
    found: dict[tuple[str, str], dict[datetime, int]] = {}
    for row in tx.execute(query):
        found.setdefault((row.source, row.tag), {})[row.hour] = row.posts
    return found


def forget(tx: Transaction, *, before: datetime) -> None:
    """Drop counts that no comparison asks for any more."""
    tx.execute(sa.delete(t.hourly_counts).where(_C.hour < hour_of(before) - timedelta(hours=1)))
