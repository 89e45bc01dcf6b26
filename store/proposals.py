"""Proposed thresholds and what people said of them, as rows. Decides nothing.

The numbers are kept as the JSON that they were given in; what they mean is known to who proposes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.errors import Conflict, Missing

_P = t.threshold_proposals.c


@dataclass(frozen=True, slots=True)
class Proposal:
    """Numbers for one face model: from what (`source`), at how many cases, why, and a person's word on it."""

    number: int
    source: str
    model: str
    cases: int
    numbers: Any
    why: str
    made_by: str
    made_at: datetime
    decided_by: str
    decided_at: datetime | None
    decided_why: str
    accepted: bool


def put(
    tx: Transaction, *, source: str, model: str, cases: int, numbers: Any, why: str, by: str, at: datetime
) -> Proposal:
    """Keep a proposal; it counts once a person has accepted it."""
    values = {"source": source, "model": model, "cases": cases, "numbers": numbers, "why": why}
    statement = sa.insert(t.threshold_proposals).values(**values, made_by=by, made_at=at)
    return get(tx, tx.execute(statement.returning(_P.number)).scalar_one())


def get(tx: Transaction, number: int) -> Proposal:
    """One proposal. Raises Missing."""
    row = tx.execute(sa.select(t.threshold_proposals).where(_P.number == number)).first()
    if row is None:
        raise Missing(str(number), "is not the number of proposed thresholds")
    return Proposal(**row._mapping)


def decide(tx: Transaction, number: int, *, accepted: bool, by: str, why: str, at: datetime) -> None:
    """A person's word. Raises Missing, or Conflict if it was decided already."""
    get(tx, number)
    where = (_P.number == number) & _P.decided_at.is_(None)
    values = {"accepted": accepted, "decided_by": by, "decided_why": why, "decided_at": at}
    if tx.execute(sa.update(t.threshold_proposals).where(where).values(**values)).rowcount != 1:
        raise Conflict(str(number), "was decided already; propose anew")


def in_force(tx: Transaction, model: str) -> Proposal | None:
    """The proposal for this model that was accepted last, None before the first."""
    order = (_P.decided_at.desc(), _P.number.desc())
    query = sa.select(t.threshold_proposals).where(_P.accepted, _P.model == model).order_by(*order).limit(1)
    row = tx.execute(query).first()
    return None if row is None else Proposal(**row._mapping)


def listing(tx: Transaction, *, most: int = 50) -> list[Proposal]:
    """All proposals, newest first."""
    query = sa.select(t.threshold_proposals).order_by(_P.number.desc()).limit(most)
    return [Proposal(**row._mapping) for row in tx.execute(query)]
