"""Wishes for roles that see faces: granting one, and what the only administrator has waited out."""

from __future__ import annotations

from collections.abc import Mapping

from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store import audit, role_wishes, users
from store.db import Transaction
from store.role_wishes import RoleWish
from store.users import User


def grant(road: Road, tx: Transaction, wish: RoleWish, by: str) -> User:
    """Give what was asked for, within the transaction. Raises Conflict if it is decided already."""
    now = road.clock()
    role_wishes.decide(tx, wish.number, accepted=True, by=by, at=now)
    users.give_role(tx, wish.user, wish.role, by=by, at=now)
    audit.write(tx, now, by, "user.role_granted", wish.user, role=wish.role, number=wish.number)
    return users.get(tx, wish.user)


def settle_due(road: Road, _active: Mapping[str, Source] | None = None) -> int:
    """Grant what the only administrator asked for and has waited out; gives how many.

    Where there are two by then, it goes on waiting for the other one.
    """
    now, done = road.clock(), 0
    with road.store.reading() as tx:
        due = [wish for wish in role_wishes.waiting(tx) if wish.due_at <= now]
    for wish in due:
        with road.store.transaction() as tx:
            admins = users.having(tx, users.ADMIN)
            if admins == [wish.asked_by]:
                grant(road, tx, wish, "homeward")
                done += 1
    return done
