"""Who has seen which alarm, when, and what they noted, as rows. Raises no alarm and decides nothing.

A row stands until the alarm itself is over; then it is history. `name` is that of a notice, or of an alert.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert
from store.records.campaign import Acknowledgement

_C = t.acknowledgements.c
_FIELDS = tuple(Acknowledgement.__dataclass_fields__)


def put(tx: Transaction, said: Acknowledgement) -> None:
    """Keep that somebody has seen an alarm."""
    upsert(tx, t.acknowledgements, [{name: getattr(said, name) for name in _FIELDS}])


def standing(tx: Transaction) -> dict[str, Acknowledgement]:
    """The last one of each alarm that is not over, by the alarm's name."""
    query = sa.select(t.acknowledgements).where(_C.ended_at.is_(None)).order_by(_C.at)
    return {row.name: Acknowledgement(**row._mapping) for row in tx.execute(query)}


def end(tx: Transaction, name: str, at: datetime) -> None:
    """The alarm is over: when it is raised again, somebody has to see it again."""
    open_rows = (_C.name == name) & _C.ended_at.is_(None)
    tx.execute(sa.update(t.acknowledgements).where(open_rows).values(ended_at=at))


def history(tx: Transaction, *, most: int = 100) -> list[Acknowledgement]:
    """All of them, newest first."""
    query = sa.select(t.acknowledgements).order_by(_C.at.desc(), _C.name).limit(most)
    return [Acknowledgement(**row._mapping) for row in tx.execute(query)]
