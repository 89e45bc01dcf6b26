"""What the public was told, as rows written once: numbers of a week, and outcomes that two people released.

A row is never counted again: what is deleted afterwards changes nothing that was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_new
from store.errors import Conflict, Missing

_R, _O = t.releases.c, t.outcome_releases.c


@dataclass(frozen=True, slots=True)
class Release:
    """The numbers of the week that begins on the Monday `week`, and the SHA-256 of their JSON text."""

    week: date
    numbers: Mapping[str, Any]
    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OutcomeRelease:
    """Children found and reunited since the beginning, as one person proposed and another released it."""

    number: int
    found: int
    reunited: int
    basis: str
    proposed_by: str
    proposed_at: datetime
    released_by: str = ""
    released_at: datetime | None = None


def put(tx: Transaction, release: Release) -> bool:
    """Keep a week's release. False, and nothing changed, if the week was told of before."""
    row = {"week": release.week, "numbers": dict(release.numbers), "digest": release.digest, "at": release.at}
    return insert_new(tx, t.releases, row)


def listing(tx: Transaction) -> list[Release]:
    """All releases, oldest week first."""
    return [Release(**row._mapping) for row in tx.execute(sa.select(t.releases).order_by(_R.week))]


def propose(
    tx: Transaction, *, found: int, reunited: int, basis: str, by: str, at: datetime
) -> OutcomeRelease:
    """Keep proposed outcomes. The row with its number."""
    last = tx.execute(sa.select(sa.func.max(_O.number))).scalar() or 0
    made = OutcomeRelease(int(last) + 1, found, reunited, basis, by, at)
    tx.execute(
        sa.insert(t.outcome_releases).values(
            number=made.number, found=found, reunited=reunited, basis=basis, proposed_by=by, proposed_at=at
        )
    )
    return made


def outcome(tx: Transaction, number: int) -> OutcomeRelease:
    """Outcomes by their number. Raises Missing."""
    row = tx.execute(sa.select(t.outcome_releases).where(_O.number == number)).first()
    if row is None:
        raise Missing(str(number), "is the number of no proposed outcomes")
    return OutcomeRelease(**row._mapping)


def release_outcome(tx: Transaction, number: int, *, by: str, at: datetime) -> None:
    """Write down who released proposed outcomes. Raises Conflict if they were released before."""
    where = (_O.number == number) & _O.released_at.is_(None)
    if (
        tx.execute(sa.update(t.outcome_releases).where(where).values(released_by=by, released_at=at)).rowcount
        != 1
    ):
        raise Conflict(str(number), "was released before")


def outcomes(tx: Transaction, *, released: bool | None = None) -> list[OutcomeRelease]:
    """Outcomes, newest first; `released` picks those that were, or were not yet."""
    query = sa.select(t.outcome_releases).order_by(_O.number.desc())
    if released is not None:
        query = query.where(_O.released_at.is_not(None) if released else _O.released_at.is_(None))
    return [OutcomeRelease(**row._mapping) for row in tx.execute(query)]
