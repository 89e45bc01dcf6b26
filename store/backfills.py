"""Past spans that are to be read, and how far each has come, as rows. Reads no platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.codec import from_json, to_json
from store.db import Transaction, insert_new, upsert
from store.records.coverage import Backfill, BackfillState
from store.records.page import Gap, Span

_C = t.backfills.c
_PLAIN = (
    "source",
    "tag",
    "why",
    "cursor",
    "part",
    "pages",
    "posts",
    "new",
    "reached",
    "asked_by",
    "changed_at",
)


@dataclass(frozen=True, slots=True)
class Held:
    """A backfill with the gaps that its own answers reported."""

    backfill: Backfill
    gaps: tuple[Gap, ...] = ()


def _values(held: Held) -> dict[str, Any]:
    made = held.backfill
    row: dict[str, Any] = {name: getattr(made, name) for name in _PLAIN}
    row |= {"span_start": made.span.start, "span_end": made.span.end, "state": made.state.value}
    return row | {"gaps": to_json(held.gaps)}


def ask(tx: Transaction, backfill: Backfill) -> bool:
    """Keep the wish to read this span. True if it is new; one that is known keeps its place."""
    return insert_new(tx, t.backfills, _values(Held(backfill)))


def put(tx: Transaction, held: Held) -> None:
    """Keep how far it has come."""
    upsert(tx, t.backfills, [_values(held)])


def get(tx: Transaction, source: str, tag: str, span: Span) -> Held | None:
    """One backfill, None if nobody asked for it."""
    where = (_C.source == source) & (_C.tag == tag) & (_C.span_start == span.start)
    row = tx.execute(sa.select(t.backfills).where(where, _C.span_end == span.end)).first()
    return _held(row) if row else None


def _held(row: Any) -> Held:
    plain = {name: getattr(row, name) for name in _PLAIN}
    span, subject = Span(row.span_start, row.span_end), f"{row.source} {row.tag}"
    gaps = from_json(tuple[Gap, ...], row.gaps, subject=subject)
    return Held(Backfill(span=span, state=BackfillState(row.state), **plain), gaps)


def listing(tx: Transaction, *, state: BackfillState | None = None, most: int = 500) -> list[Backfill]:
    """Backfills, last changed first."""
    query = sa.select(t.backfills).order_by(_C.changed_at.desc(), _C.source, _C.tag, _C.span_start)
    if state is not None:
        query = query.where(_C.state == state.value)
    return [_held(row).backfill for row in tx.execute(query.limit(most))]


def within(tx: Transaction, source: str, tag: str, span: Span) -> list[Backfill]:
    """The backfills that lie inside this span, itself included: the span and what it was split into."""
    where = (_C.source == source) & (_C.tag == tag)
    where &= (_C.span_start >= span.start) & (_C.span_end <= span.end)
    rows = tx.execute(sa.select(t.backfills).where(where).order_by(_C.span_start, _C.span_end))
    return [_held(row).backfill for row in rows]
