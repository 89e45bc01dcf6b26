"""Accounts, one-time sign-in links, sessions and passwords, as both doors use them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from bot.pipeline.road import Road
from store import api_tokens, audit, lockdown, second_factors, users
from store.db import Transaction
from store.errors import Conflict, Missing, NotAllowed, UsageError
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
SESSION_IDLE = timedelta(hours=2)
TOUCH_EVERY = timedelta(minutes=1)
MAX_AGENT_CHARS = 200
EVERYDAY = (users.ADMIN, users.LIAISON, users.ORGANISER, users.REGISTRAR, users.REVIEWER)
"""All that the daily work of a small team needs; the sample's one account has them."""
MIN_PASSWORD_CHARS = 12
_NAME = re.compile(r"[\w.@+-]{1,64}\Z")
_hasher = PasswordHash.recommended()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session and the token that the browser keeps."""

    token: str
    session: WebSession


def add(road: Road, name: str, role: str | Iterable[str], *, by: str) -> User:
    """Make an account with one role or several. Raises UsageError for a bad or taken name or role."""
    roles = (role,) if isinstance(role, str) else tuple(role)
    check_new(name, *roles)
    with road.store.transaction() as tx:
        if not users.add(tx, name, roles, road.clock(), by=by):
            raise UsageError(name, "is taken; choose another name")
        made = users.get(tx, name)
        audit.write(tx, road.clock(), by, "user.added", name, roles=list(made.roles))
    return made


def check_new(name: str, *roles: str) -> None:
    """Raises UsageError for a name or a role that no account can have."""
    if not _NAME.match(name):
        raise UsageError("name", f"{name!r} will not do: letters, digits and . @ + - _, at most 64")
    if not roles:
        raise UsageError("role", f"is missing; an account has at least one of {', '.join(ROLES)}")
    for role in roles:
        check_role(role)


def check_role(role: str) -> None:
    """Raises UsageError for a role that there is not."""
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


def link(road: Road, name: str, *, by: str = "homeward") -> str:
    """A one-time sign-in token for an account, valid a day. Raises Missing, NotAllowed if it is disabled."""
    with road.store.transaction() as tx:
        if users.get(tx, name).disabled:
            raise NotAllowed(name, "is disabled; open the account first")
        audit.write(tx, road.clock(), by, "user.link", name)
        return users.make_link(tx, name, now=road.clock(), valid=LINK_VALID)


def enter_by_link(road: Road, token: str, *, agent: str = "") -> SignedIn | None:
    """Spend a one-time token; None if it is unknown, spent or too old."""
    with road.store.transaction() as tx:
        name = users.use_link(tx, token, road.clock())
        if name is None or users.get(tx, name).disabled:
            return None
        return _open(road, tx, name, "link", agent)


def enter_by_password(road: Road, name: str, password: str, *, agent: str = "") -> SignedIn | None:
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
        # A password may be the very thing that was stolen: while all is locked only a new link lets in.
        if users.get(tx, name).disabled or lockdown.is_on(tx):
            return None
        return _open(road, tx, name, "password", agent)


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")


def _open(road: Road, tx: Transaction, name: str, how: str, agent: str) -> SignedIn:
    now = road.clock()
    users.drop_old_sessions(tx, now, idle=road.access.session_idle)
    token, session = users.open_session(
        tx, name, now=now, valid=road.access.session, how=how, agent=agent[:MAX_AGENT_CHARS]
    )
    audit.write(tx, now, name, "user.signed_in", name, how=how)
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


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing session: whose it is, and whether a second factor is set up."""

    session: WebSession
    user: User
    has_factor: bool


def session(road: Road, token: str, *, is_used: bool = True) -> Standing | None:
    """The standing session of a token; `is_used` False for what a page asks by itself, which keeps none
    awake."""
    now, idle = road.clock(), road.access.session_idle
    with road.store.reading() as tx:
        found = users.session(tx, token, now, idle=idle)
        if found is None:
            return None
        user = users.get(tx, found.user)
        factor = second_factors.get(tx, user.name)
    if is_used and (found.seen_at is None or now - found.seen_at >= TOUCH_EVERY):
        with road.store.transaction() as tx:
            users.touch_session(tx, token, now)
    return Standing(found, user, factor is not None and factor.confirmed_at is not None)


def sessions(road: Road, name: str) -> list[WebSession]:
    """Where somebody is signed in, the browser used last first."""
    with road.store.reading() as tx:
        return users.sessions_of(tx, name, road.clock(), idle=road.access.session_idle)


def end_session(road: Road, name: str, ident: str, *, by: str) -> None:
    """End one session of an account. Raises Missing."""
    with road.store.transaction() as tx:
        if not users.close_named(tx, name, ident):
            raise Missing(ident, "is no session of this account any more")
        audit.write(tx, road.clock(), by, "user.session_ended", name)


def has_password(road: Road, name: str) -> bool:
    """Whether the account can sign in without a link."""
    with road.store.reading() as tx:
        return bool(users.password_of(tx, name))


def leave(road: Road, token: str) -> None:
    """End a session."""
    with road.store.transaction() as tx:
        users.close_session(tx, token)


def close(road: Road, name: str, *, by: str) -> None:
    """Disable an account: it is signed out everywhere and its links and tokens end.

    Raises Missing, Conflict for one that is disabled, NotAllowed for oneself and for the last administrator.
    """
    now = road.clock()
    with road.store.transaction() as tx:
        user = users.get(tx, name)
        if name == by:
            raise NotAllowed(name, "is your own account; another administrator closes it")
        if user.has(users.ADMIN) and users.having(tx, users.ADMIN) == [name]:
            raise NotAllowed(name, "is the last administrator; make another one first")
        if not users.set_disabled(tx, name, True):
            raise Conflict(name, "is disabled already")
        ended = sign_out(tx, name)
        api_tokens.revoke(tx, user=name, by=by, at=now)
        audit.write(tx, now, by, "user.disabled", name, ended=ended)


def sign_out(tx: Transaction, name: str) -> int:
    """End every session and link of an account; gives how many sessions ended."""
    users.drop_links(tx, name)
    return users.close_other_sessions(tx, name)


def open_again(road: Road, name: str, *, by: str) -> None:
    """Let a disabled account in again. Raises Missing, Conflict for one that is not disabled."""
    with road.store.transaction() as tx:
        users.get(tx, name)
        if not users.set_disabled(tx, name, False):
            raise Conflict(name, "is not disabled")
        audit.write(tx, road.clock(), by, "user.enabled", name)


@dataclass(frozen=True, slots=True)
class Person:
    """An account as the page of all accounts shows it."""

    user: User
    has_password: bool
    has_factor: bool
    seen_at: datetime | None
    sessions: int


def everybody(road: Road) -> list[Person]:
    """All accounts with how they stand, by name."""
    now, idle = road.clock(), road.access.session_idle
    found = []
    with road.store.reading() as tx:
        factors = second_factors.confirmed(tx)
        for user in users.listing(tx):
            open_ones = users.sessions_of(tx, user.name, now, idle=idle)
            seen_at = open_ones[0].seen_at if open_ones else None
            has_password = bool(users.password_of(tx, user.name))
            found.append(Person(user, has_password, user.name in factors, seen_at, len(open_ones)))
    return found
