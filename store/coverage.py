"""The coverage ledger as rows: for each source and tag which spans are complete, open gaps, or lost.

Whoever has read writes here in the transaction of what was read. Reads no platform, decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert
from store.records.coverage import Covered, CoverState
from store.records.page import Span
from store.spans import Stretch, filled, painted, restated

_C = t.coverage.c


def paint(tx: Transaction, source: str, tag: str, span: Span, state: CoverState, why: str = "") -> None:
    """Say this of the span, whatever was said of it before."""
    _change(tx, source, tag, span, lambda rows: painted(rows, Stretch(span.start, span.end, state, why)))


def fill(
    tx: Transaction,
    source: str,
    tag: str,
    span: Span,
    state: CoverState = CoverState.COMPLETE,
    why: str = "",
) -> None:
    """Say this of those parts of the span of which nothing was said before."""
    _change(tx, source, tag, span, lambda rows: filled(rows, Stretch(span.start, span.end, state, why)))


def restate(
    tx: Transaction, source: str, tag: str, span: Span, *, was: CoverState, state: CoverState, why: str
) -> None:
    """Say this of those parts of the span that were `was`."""
    new = Stretch(span.start, span.end, state, why)
    _change(tx, source, tag, span, lambda rows: restated(rows, new, was))


def _change(
    tx: Transaction,
    source: str,
    tag: str,
    span: Span,
    change: Callable[[Sequence[Stretch]], list[Stretch]],
) -> None:
    if span.end <= span.start:
        return
    if tx.dialect.name == "postgresql":
        # The ledger of one tag is read and rewritten: two writers must not do so at once.
        lock = sa.text("SELECT pg_advisory_xact_lock(715518, hashtext(:name))")
        tx.execute(lock, {"name": f"{source}\x1f{tag}"})
    mine = (_C.source == source) & (_C.tag == tag)
    touching = mine & (_C.span_end >= span.start) & (_C.span_start <= span.end)
    before = [_stretch(row) for row in tx.execute(sa.select(t.coverage).where(touching))]
    after = change(before)
    stale = {row.start for row in before} - {row.start for row in after}
    if stale:
        tx.execute(sa.delete(t.coverage).where(mine, _C.span_start.in_(stale)))
    fresh = [row for row in after if row not in before]
    upsert(
        tx,
        t.coverage,
        [
            {
                "source": source,
                "tag": tag,
                "span_start": row.start,
                "span_end": row.end,
                "state": row.state.value,
                "why": row.why,
            }
            for row in fresh
        ],
    )


def _stretch(row: Any) -> Stretch:
    return Stretch(row.span_start, row.span_end, CoverState(row.state), row.why)


def rows(
    tx: Transaction, *, source: str | None = None, tag: str | None = None, state: CoverState | None = None
) -> list[Covered]:
    """The ledger in order of source, tag and time."""
    query = sa.select(t.coverage).order_by(_C.source, _C.tag, _C.span_start)
    if source is not None:
        query = query.where(_C.source == source)
    if tag is not None:
        query = query.where(_C.tag == tag)
    if state is not None:
        query = query.where(_C.state == state.value)
    return [
        Covered(r.source, r.tag, Span(r.span_start, r.span_end), CoverState(r.state), r.why)
        for r in tx.execute(query)
    ]
