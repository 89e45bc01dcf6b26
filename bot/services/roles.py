"""Giving and taking roles: by administrators, audited, and never a role that sees faces to oneself alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.pipeline import watching, wishing
from bot.pipeline.road import Road
from bot.services import people
from store import audit, role_wishes, users
from store.db import Transaction
from store.errors import NotAllowed, UsageError
from store.role_wishes import RoleWish
from store.users import User


@dataclass(frozen=True, slots=True)
class Change:
    """What a change of roles did: the account now, and the wishes that wait for somebody else or for time."""

    user: User
    waiting: tuple[RoleWish, ...]


def change(road: Road, name: str, roles: Iterable[str], *, by: str, why: str = "") -> Change:
    """Give an account exactly these roles. Whoever loses one is signed out everywhere.

    Roles that see faces, asked by an administrator for themself, become wishes: another administrator
    agrees, or, where there is none, they come after `access.role_wait`, and the alarm was raised at once.
    Raises UsageError for an unknown role or none, Missing, NotAllowed for the last administrator's role.
    """
    wanted, now = tuple(dict.fromkeys(roles)), road.clock()
    people.check_new(name, *wanted)
    with road.store.transaction() as tx:
        held = users.get(tx, name)
        gained = [role for role in wanted if role not in held.roles]
        lost = [role for role in held.roles if role not in wanted]
        if users.ADMIN in lost and users.having(tx, users.ADMIN) in ([name], []):
            raise NotAllowed(name, "is the last administrator; make another one first")
        waits = [role for role in gained if name == by and role in users.SEES_FACES]
        wishes = tuple(_ask(road, tx, name, role, by, why) for role in waits)
        for role in gained:
            if role not in waits:
                users.give_role(tx, name, role, by=by, at=now)
        for role in lost:
            users.take_role(tx, name, role)
        _settle(road, tx, name, [role for role in gained if role not in waits], lost, by)
        return Change(users.get(tx, name), wishes)


def _ask(road: Road, tx: Transaction, name: str, role: str, by: str, why: str) -> RoleWish:
    if not why.strip():
        raise UsageError("why", f"is empty; say why you need the role {role}, which sees faces")
    now = road.clock()
    wish = role_wishes.ask(tx, name, role, by=by, why=why.strip(), at=now, due_at=now + road.access.role_wait)
    watching.alarm(road, tx, watching.Why.ROLE, role, by, str(wish.number))
    audit.write(tx, now, by, "user.role_asked", name, role=role, number=wish.number)
    return wish


def _settle(road: Road, tx: Transaction, name: str, gained: list[str], lost: list[str], by: str) -> None:
    if not gained and not lost:
        return
    ended = people.sign_out(tx, name) if lost else 0
    audit.write(tx, road.clock(), by, "user.roles", name, gained=gained, lost=lost, ended=ended)
    if by != "operator" and users.SEES_FACES & set(gained):
        watching.alarm(road, tx, watching.Why.ACCOUNT, name, by, f"{road.clock():%Y-%m-%dT%H}")


def added(road: Road, user: User, *, by: str) -> None:
    """Tell all administrators of a new account that sees faces: it could be its maker's second one."""
    if users.SEES_FACES & set(user.roles):
        with road.store.transaction() as tx:
            watching.alarm(road, tx, watching.Why.ACCOUNT, user.name, by, f"{road.clock():%Y-%m-%dT%H}")


def wishes(road: Road) -> list[RoleWish]:
    """Wishes that wait for somebody, or for their time."""
    with road.store.reading() as tx:
        return role_wishes.waiting(tx)


def accept(road: Road, number: int, *, by: str) -> User:
    """Another administrator agrees. Raises NotAllowed for who asked, Missing, Conflict."""
    with road.store.transaction() as tx:
        wish = role_wishes.get(tx, number)
        if not users.get(tx, by).has(users.ADMIN):
            raise NotAllowed(by, "is no administrator; only they agree to roles")
        if by in (wish.user, wish.asked_by):
            raise NotAllowed(by, "asked for it; another administrator has to agree")
        return wishing.grant(road, tx, wish, by)


def refuse(road: Road, number: int, *, by: str) -> None:
    """An administrator refuses, or whoever asked takes it back. Raises Missing, Conflict, NotAllowed."""
    with road.store.transaction() as tx:
        wish = role_wishes.get(tx, number)
        if by != wish.asked_by and not users.get(tx, by).has(users.ADMIN):
            raise NotAllowed(by, "is no administrator; only they decide about roles")
        role_wishes.decide(tx, number, accepted=False, by=by, at=road.clock())
        audit.write(tx, road.clock(), by, "user.role_refused", wish.user, role=wish.role, number=number)
