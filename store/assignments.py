"""Who is to look at a match, as rows. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert

_A = t.assignments.c


@dataclass(frozen=True, slots=True)
class Assignment:
    """A match given to an account: by whom and when."""

    match_key: str
    account: str
    by: str
    at: datetime


def put(tx: Transaction, keys: Sequence[str], account: str, *, by: str, at: datetime) -> None:
    """Give matches to an account; whoever had them before has them no more."""
    upsert(tx, t.assignments, [{"match_key": k, "account": account, "by": by, "at": at} for k in keys])


def drop(tx: Transaction, keys: Sequence[str]) -> None:
    """Take matches back from whoever has them."""
    tx.execute(sa.delete(t.assignments).where(_A.match_key.in_(keys)))


def of(tx: Transaction, keys: Sequence[str]) -> dict[str, Assignment]:
    """Who has these matches, by match; those of nobody are left out."""
    query = sa.select(t.assignments).where(_A.match_key.in_(keys))
    return {row.match_key: Assignment(**row._mapping) for row in tx.execute(query)}


def keys_of(tx: Transaction, account: str) -> list[str]:
    """The matches that an account has, by key."""
    query = sa.select(_A.match_key).where(_A.account == account).order_by(_A.match_key)
    return list(tx.execute(query).scalars())
