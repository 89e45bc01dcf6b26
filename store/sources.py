"""Where collecting stands: cursors, source health and budget, what was set aside or not kept.

A cursor is written in the transaction of its page and never before. Reads no platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.codec import from_json, to_json
from store.db import Transaction, insert, insert_new, upsert
from store.errors import LeaseLost
from store.records.campaign import SourceHealth, SourceState
from store.records.page import Budget, SetAside


def cursor(tx: Transaction, source: str, tag: str) -> str:
    """Where to read on; "" when nothing was read yet."""
    c = t.cursors.c
    return tx.execute(sa.select(c.cursor).where(c.source == source, c.tag == tag)).scalar() or ""


def set_cursor(
    tx: Transaction, source: str, tag: str, value: str, at: datetime, *, lease: int | None = None
) -> None:
    """Move the place in the stream, together with what was read before it.

    `lease` is the number under which the caller leads the source (store/leases.py). Raises LeaseLost if a
    later leader has been at it: the caller's transaction must not commit.
    """
    row = {"source": source, "tag": tag, "cursor": value, "committed_at": at}
    _move(tx, row, ["cursor", "committed_at"], lease)


def _move(tx: Transaction, row: dict[str, Any], changed: list[str], lease: int | None) -> None:
    if lease is None:
        upsert(tx, t.cursors, [row], update=changed)
        return
    statement, c = insert(tx, t.cursors).values(**row, lease=lease), t.cursors.c
    values = {name: statement.excluded[name] for name in (*changed, "lease")}
    statement = statement.on_conflict_do_update(
        index_elements=["source", "tag"], set_=values, where=c.lease <= lease
    )
    if tx.execute(statement.returning(c.source)).first() is None:
        raise LeaseLost(row["source"], "is led by another process now; this one has dropped its page")


def read_until(tx: Transaction, source: str, tag: str) -> datetime | None:
    """Up to when everything was read by following the cursor, None before the first whole reading."""
    c = t.cursors.c
    found: datetime | None = tx.execute(
        sa.select(c.complete_until).where(c.source == source, c.tag == tag)
    ).scalar()
    return found


def set_read_until(
    tx: Transaction, source: str, tag: str, until: datetime, at: datetime, *, lease: int | None = None
) -> None:
    """Everything up to `until` has been read by following the cursor. `lease` is as in `set_cursor`."""
    row = {"source": source, "tag": tag, "cursor": "", "committed_at": at, "complete_until": until}
    _move(tx, row, ["complete_until"], lease)


def report(tx: Transaction, health: SourceHealth, budget: Budget | None = None) -> None:
    """Keep how a source is doing."""
    row = {name: getattr(health, name) for name in SourceHealth.__dataclass_fields__} | {
        "state": health.state.value
    }
    # A report that knows nothing of the budget leaves what is known.
    changed = [name for name in row if name != "source"] + (["budget"] if budget is not None else [])
    upsert(tx, t.sources, [{**row, "budget": to_json(budget)}], update=changed)


def budget(tx: Transaction, source: str) -> Budget | None:
    """What the platform last said is left, None if it never said."""
    found = tx.execute(sa.select(t.sources.c.budget).where(t.sources.c.source == source)).scalar()
    return None if found is None else from_json(Budget, found, subject=source)


def healths(tx: Transaction) -> list[SourceHealth]:
    """How the sources are doing, by name."""
    rows = tx.execute(sa.select(t.sources).order_by(t.sources.c.source))
    fields = SourceHealth.__dataclass_fields__
    return [
        SourceHealth(**{n: getattr(r, n) for n in fields} | {"state": SourceState(r.state)}) for r in rows
    ]


def health(tx: Transaction, source: str) -> SourceHealth | None:
    """How one source is doing."""
    return next((item for item in healths(tx) if item.source == source), None)


def put_aside(tx: Transaction, source: str, item: SetAside, at: datetime) -> None:
    """Keep what could not be taken, and why; found again, it is one row."""
    row = {
        "source": source,
        "where": item.where,
        "reason": item.reason,
        "sample": item.sample[:400],
        "at": at,
    }
    insert_new(tx, t.set_aside, row)


def set_asides(tx: Transaction, *, most: int = 200) -> Sequence[Any]:
    """What was set aside, newest first."""
    return tx.execute(
        sa.select(t.set_aside).order_by(t.set_aside.c.at.desc(), t.set_aside.c.where).limit(most)
    ).all()


def count_not_kept(tx: Transaction, source: str, rule: str, amount: int) -> None:
    """Count posts that a rule refused; nothing else of them stays."""
    statement = insert(tx, t.not_kept).values(source=source, rule=rule, count=amount)
    total = t.not_kept.c.count + statement.excluded.count
    tx.execute(statement.on_conflict_do_update(index_elements=["source", "rule"], set_={"count": total}))


def not_kept(tx: Transaction) -> dict[str, int]:
    """How many posts each rule refused."""
    rows = tx.execute(
        sa.select(t.not_kept.c.rule, sa.func.sum(t.not_kept.c.count)).group_by(t.not_kept.c.rule)
    )
    return {row[0]: int(row[1]) for row in rows}
