"""Drafts of the campaign's hashtags and query, as rows. A draft changes nothing before it is put live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.errors import Conflict, Missing

_D = t.tag_drafts.c
OPEN, LIVE, DROPPED = "open", "live", "dropped"


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody proposes: the JSON of hashtags and query, made from version `base`, and why."""

    number: int
    base: int
    content: dict[str, Any]
    why: str
    made_by: str
    made_at: datetime
    state: str
    decided_by: str
    decided_why: str
    decided_at: datetime | None


def put(tx: Transaction, content: Mapping[str, Any], *, base: int, why: str, by: str, at: datetime) -> Draft:
    """Keep a new draft."""
    values = {"content": dict(content), "base": base, "why": why, "made_by": by, "made_at": at, "state": OPEN}
    return get(tx, tx.execute(sa.insert(t.tag_drafts).values(**values).returning(_D.number)).scalar_one())


def get(tx: Transaction, number: int) -> Draft:
    """A draft. Raises Missing."""
    row = tx.execute(sa.select(t.tag_drafts).where(_D.number == number)).first()
    if row is None:
        raise Missing(str(number), "is not the number of a draft; `tags drafts` lists them")
    return Draft(**row._mapping)


def listing(tx: Transaction, *, state: str | None = None, most: int = 50) -> list[Draft]:
    """Drafts, newest first."""
    query = sa.select(t.tag_drafts).order_by(_D.number.desc()).limit(most)
    if state is not None:
        query = query.where(_D.state == state)
    return [Draft(**row._mapping) for row in tx.execute(query)]


def decide(tx: Transaction, number: int, state: str, *, by: str, why: str, at: datetime) -> None:
    """Say what became of an open draft. Raises Missing, or Conflict where that was said already."""
    held = get(tx, number)
    where = (_D.number == number) & (_D.state == OPEN)
    values = {"state": state, "decided_by": by, "decided_why": why, "decided_at": at}
    if tx.execute(sa.update(t.tag_drafts).where(where).values(**values)).rowcount != 1:
        raise Conflict(str(number), f"is {held.state} already; make a new draft")
