"""Where collecting stands: cursors, coverage, source health, what was set aside or not kept.

A cursor is written in the transaction of its page and never before. Reads no platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.codec import to_json
from store.db import Transaction, insert, insert_new, upsert
from store.records.campaign import SourceHealth, SourceState
from store.records.page import Budget, SetAside, Span

COMPLETE, OPEN_GAP, LOST = "complete", "gap", "lost"


def cursor(tx: Transaction, source: str, tag: str) -> str:
    """Where to read on; "" when nothing was read yet."""
    c = t.cursors.c
    return tx.execute(sa.select(c.cursor).where(c.source == source, c.tag == tag)).scalar() or ""


def set_cursor(tx: Transaction, source: str, tag: str, value: str, at: datetime) -> None:
    """Move the place in the stream, together with what was read before it."""
    upsert(tx, t.cursors, [{"source": source, "tag": tag, "cursor": value, "committed_at": at}])


def cover(tx: Transaction, source: str, tag: str, span: Span, state: str, why: str = "") -> None:
    """Say of a span whether it is complete, a gap that can be filled, or lost."""
    row = {
        "source": source,
        "tag": tag,
        "span_start": span.start,
        "span_end": span.end,
        "state": state,
        "why": why,
    }
    upsert(tx, t.coverage, [row])


def extend(tx: Transaction, source: str, tag: str, *, since: datetime, until: datetime) -> None:
    """Let the span that is complete up to `since` reach `until`; a new one begins if there is none."""
    c = t.coverage.c
    where = (c.source == source) & (c.tag == tag) & (c.state == COMPLETE) & (c.span_end >= since)
    last = tx.execute(sa.select(c.span_start).where(where).order_by(c.span_end.desc()).limit(1)).scalar()
    if last is None:
        cover(tx, source, tag, Span(since, until), COMPLETE)
        return
    mine = (c.source == source) & (c.tag == tag) & (c.span_start == last) & (c.span_end < until)
    tx.execute(sa.update(t.coverage).where(mine).values(span_end=until))


def coverage(tx: Transaction, source: str | None = None) -> Sequence[Any]:
    """Rows of source, tag, span_start, span_end, state, why in order."""
    c = t.coverage.c
    query = sa.select(t.coverage).order_by(c.source, c.tag, c.span_start)
    return tx.execute(query.where(c.source == source) if source else query).all()


def report(tx: Transaction, health: SourceHealth, budget: Budget | None = None) -> None:
    """Keep how a source is doing."""
    row = {name: getattr(health, name) for name in SourceHealth.__dataclass_fields__} | {
        "state": health.state.value
    }
    upsert(tx, t.sources, [{**row, "budget": to_json(budget)}])


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
