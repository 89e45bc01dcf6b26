"""Which cases are canaries: cases of nobody, kept only so that whoever touches one is noticed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_new


@dataclass(frozen=True, slots=True)
class Canary:
    """A case that nobody has a reason to open."""

    case_id: str
    by: str
    at: datetime


def put(tx: Transaction, case_id: str, *, by: str, at: datetime) -> bool:
    """Mark a case. False if it was marked."""
    return insert_new(tx, t.canaries, {"case_id": case_id, "by": by, "at": at})


def drop(tx: Transaction, case_id: str) -> bool:
    """Take the mark away. False if there was none."""
    return tx.execute(sa.delete(t.canaries).where(t.canaries.c.case_id == case_id)).rowcount > 0


def listing(tx: Transaction) -> list[Canary]:
    """All canaries, newest first."""
    query = sa.select(t.canaries).order_by(t.canaries.c.at.desc(), t.canaries.c.case_id)
    return [Canary(**row._mapping) for row in tx.execute(query)]


def among(tx: Transaction, case_ids: Iterable[str]) -> list[str]:
    """Those of the cases that are canaries."""
    c = t.canaries.c
    return list(tx.execute(sa.select(c.case_id).where(c.case_id.in_(list(case_ids)))).scalars())
