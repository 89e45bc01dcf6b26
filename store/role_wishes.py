"""Wishes to give an account a role that sees faces, where one person alone may not. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.errors import Conflict, Missing


@dataclass(frozen=True, slots=True)
class RoleWish:
    """Somebody asked for a role; `due_at` is when it may come by itself, `decided_at` None while it waits."""

    number: int
    user: str
    role: str
    asked_by: str
    asked_at: datetime
    why: str
    due_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    accepted: bool = False


def ask(
    tx: Transaction, user: str, role: str, *, by: str, why: str, at: datetime, due_at: datetime
) -> RoleWish:
    """Keep a wish. Raises Conflict if the same one waits already."""
    if any((wish.user, wish.role) == (user, role) for wish in waiting(tx)):
        raise Conflict(user, f"has asked for the role {role} already; it waits for a decision")
    row = {"user": user, "role": role, "asked_by": by, "asked_at": at, "why": why, "due_at": due_at}
    made = sa.insert(t.role_wishes).values(**row, decided_by="", accepted=False)
    number = tx.execute(made.returning(t.role_wishes.c.number)).scalar_one()
    return RoleWish(number, user, role, by, at, why, due_at)


def get(tx: Transaction, number: int) -> RoleWish:
    """A wish. Raises Missing."""
    row = tx.execute(sa.select(t.role_wishes).where(t.role_wishes.c.number == number)).first()
    if row is None:
        raise Missing(str(number), "is not a wish for a role; the page People lists them")
    return RoleWish(**row._mapping)


def waiting(tx: Transaction) -> list[RoleWish]:
    """Wishes that nobody has decided, oldest first."""
    c = t.role_wishes.c
    rows = tx.execute(sa.select(t.role_wishes).where(c.decided_at.is_(None)).order_by(c.number))
    return [RoleWish(**row._mapping) for row in rows]


def decide(tx: Transaction, number: int, *, accepted: bool, by: str, at: datetime) -> None:
    """Decide a wish, once. Raises Conflict if somebody was quicker."""
    c = t.role_wishes.c
    where = (c.number == number) & c.decided_at.is_(None)
    values = {"accepted": accepted, "decided_by": by, "decided_at": at}
    if tx.execute(sa.update(t.role_wishes).where(where).values(**values)).rowcount != 1:
        raise Conflict(str(number), "is decided already")
