"""Copies for showing, as rows: which original one was made from, and which may give way on a small disk.

Touches no file. A blob that is also somebody's original, or a case's, is never offered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction

Place = tuple[datetime, str]
"""Where a walk over the photos stands: when the last one was kept, and its digest."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy for showing, `served`, of the photo `digest`."""

    digest: str
    served: str
    kept_at: datetime


def originals_of(tx: Transaction, served: str) -> list[str]:
    """Digests of kept photos whose copy for showing is this one: the same pixels in other files."""
    p = t.photos.c
    return list(tx.execute(sa.select(p.digest).where(p.served == served).order_by(p.digest)).scalars())


def oldest(tx: Transaction, *, after: Place | None, before: datetime, most: int) -> list[Copy]:
    """Copies of photos kept before a moment, oldest first, after a place; none that is needed as it is."""
    p, other = t.photos.c, t.photos.alias("other")
    needed = sa.or_(
        p.served == p.digest,
        sa.exists().where(other.c.digest == p.served),
        sa.exists().where(t.came_with(p.served)),
        sa.exists().where(t.case_photos.c.digest == p.digest),
    )
    query = sa.select(p.digest, p.served, p.kept_at).where(p.kept_at < before, ~needed)
    if after is not None:
        query = query.where(sa.or_(p.kept_at > after[0], (p.kept_at == after[0]) & (p.digest > after[1])))
    rows = tx.execute(query.order_by(p.kept_at, p.digest).limit(most))
    return [Copy(row.digest, row.served, row.kept_at) for row in rows]
