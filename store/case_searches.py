"""How far newly active cases have been compared with what is stored, as rows. Compares nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert

STORED, SEALED = "stored", "sealed"
"""The two parts of a search: vectors that are kept, then photos whose vectors are gone."""

_S = t.case_searches.c


@dataclass(frozen=True, slots=True)
class CaseSearch:
    """One search: up to which face of which part, how many of how many faces, how many matches."""

    case_id: str
    model: str
    part: str
    after_key: str
    done: int
    total: int
    found: int
    begun_at: datetime
    moved_at: datetime


def put(tx: Transaction, search: CaseSearch) -> None:
    """Say how far a search has come."""
    upsert(tx, t.case_searches, [{name: getattr(search, name) for name in CaseSearch.__dataclass_fields__}])


def get(tx: Transaction, case_id: str) -> CaseSearch | None:
    """How far the search for a case has come, None if none is under way."""
    row = tx.execute(sa.select(t.case_searches).where(_S.case_id == case_id)).first()
    return None if row is None else CaseSearch(*row)


def drop(tx: Transaction, case_id: str) -> None:
    """The search is over, or has to begin anew."""
    tx.execute(sa.delete(t.case_searches).where(_S.case_id == case_id))


def running(tx: Transaction) -> list[CaseSearch]:
    """Searches under way, the oldest first."""
    query = sa.select(t.case_searches).order_by(_S.begun_at, _S.case_id)
    return [CaseSearch(*row) for row in tx.execute(query)]
