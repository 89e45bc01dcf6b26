"""Accounts, one-time sign-in links, sessions and passwords, as both doors use them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from bot.pipeline.road import Road
from store import audit, users
from store.db import Transaction
from store.errors import NotAllowed, UsageError
from store.users import User, WebSession

ROLES = (
    users.ADMIN,
    users.VIEWER,
    users.REVIEWER,
    users.REGISTRAR,
    users.ORGANISER,
    users.LIAISON,
    users.CIVIL_AFFAIRS,
    users.NGO,
    users.SAFEGUARDING,
    users.OFFICER,
)
LINK_VALID = timedelta(hours=24)
SESSION_VALID = timedelta(hours=12)
MIN_PASSWORD_CHARS = 12
_NAME = re.compile(r"[\w.@+-]{1,64}\Z")
_hasher = PasswordHash.recommended()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session and the token that the browser keeps."""

    token: str
    session: WebSession


def add(road: Road, name: str, role: str, *, by: str) -> User:
    """Make an account. Raises UsageError for a bad or taken name or an unknown role."""
    check_new(name, role)
    with road.store.transaction() as tx:
        if not users.add(tx, name, role, road.clock()):
            raise UsageError(name, "is taken; choose another name")
        audit.write(tx, road.clock(), by, "user.added", name, role=role)
    return User(name, role, False)


def check_new(name: str, role: str) -> None:
    """Raises UsageError for a name or a role that no account can have."""
    if not _NAME.match(name):
        raise UsageError("name", f"{name!r} will not do: letters, digits and . @ + - _, at most 64")
    if role not in ROLES:
        raise UsageError("role", f"is {role!r}; allowed are {', '.join(ROLES)}")


def listing(road: Road) -> list[User]:
    """All accounts."""
    with road.store.reading() as tx:
        return users.listing(tx)


def known(road: Road, name: str) -> User:
    """The account of that name. Raises Missing, NotAllowed for a disabled one."""
    with road.store.reading() as tx:
        user = users.get(tx, name)
    if user.disabled:
        raise NotAllowed(name, "is disabled")
    return user


def link(road: Road, name: str) -> str:
    """A one-time sign-in token for an account, valid a day. Raises Missing."""
    with road.store.transaction() as tx:
        users.get(tx, name)
        audit.write(tx, road.clock(), "homeward", "user.link", name)
        return users.make_link(tx, name, now=road.clock(), valid=LINK_VALID)


def enter_by_link(road: Road, token: str) -> SignedIn | None:
    """Spend a one-time token; None if it is unknown, spent or too old."""
    with road.store.transaction() as tx:
        name = users.use_link(tx, token, road.clock())
        if name is None or users.get(tx, name).disabled:
            return None
        return _open(road, tx, name, "link")


def enter_by_password(road: Road, name: str, password: str) -> SignedIn | None:
    """Sign in; None for a wrong name or password, which are not told apart."""
    with road.store.reading() as tx:
        kept = users.password_of(tx, name)
    try:
        # A name without a password costs as much time as a wrong password.
        right = _hasher.verify(password, kept or _decoy())
    except UnknownHashError:
        right = False
    if not (right and kept):
        return None
    with road.store.transaction() as tx:
        return None if users.get(tx, name).disabled else _open(road, tx, name, "password")


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")


def _open(road: Road, tx: Transaction, name: str, how: str) -> SignedIn:
    token, session = users.open_session(tx, name, now=road.clock(), valid=SESSION_VALID)
    audit.write(tx, road.clock(), name, "user.signed_in", name, how=how)
    return SignedIn(token, session)


def set_password(road: Road, name: str, password: str, *, token: str = "") -> int:
    """Give an account a password and end its sessions, all but that of `token`; gives how many ended.

    Whoever changes a password may do so because somebody else is signed in with the old one.
    Raises UsageError for a short password.
    """
    if len(password) < MIN_PASSWORD_CHARS:
        raise UsageError(
            "password", f"has {len(password)} characters; at least {MIN_PASSWORD_CHARS} are needed"
        )
    with road.store.transaction() as tx:
        users.get(tx, name)
        users.set_password(tx, name, _hasher.hash(password))
        ended = users.close_other_sessions(tx, name, token)
        audit.write(tx, road.clock(), name, "user.password", name, ended=ended)
    return ended


def session(road: Road, token: str) -> tuple[WebSession, User] | None:
    """The standing session of a token and whose it is."""
    with road.store.reading() as tx:
        found = users.session(tx, token, road.clock())
        return (found, users.get(tx, found.user)) if found else None


def leave(road: Road, token: str) -> None:
    """End a session."""
    with road.store.transaction() as tx:
        users.close_session(tx, token)
