"""People who use the console and the tools: accounts with their roles, one-time links, sessions.

Checks no password. Tokens are kept as SHA-256 digests: a stolen database opens no session.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_new
from store.errors import Missing

ADMIN, REVIEWER, REGISTRAR = "admin", "reviewer", "registrar"
VIEWER, ORGANISER = "viewer", "organiser"
LIAISON, CIVIL_AFFAIRS, NGO = "liaison", "civil-affairs", "ngo"
"""Who speaks with the police; who arranges DNA tests; who cares for families and children."""
OFFICER = "officer"
"""The one role that sees what is in quarantine; it sees no photo."""
SAFEGUARDING = "safeguarding"


SEES_FACES = frozenset({REVIEWER, REGISTRAR, LIAISON, SAFEGUARDING})
"""Roles that are shown photos of children or of posts."""
NEEDS_FACTOR = SEES_FACES | {ADMIN, CIVIL_AFFAIRS, NGO, OFFICER}
"""Roles that see faces, contacts of families or what is in quarantine, or that could make such an account."""


@dataclass(frozen=True, slots=True)
class User:
    """An account with its roles in the order of the alphabet."""

    name: str
    roles: tuple[str, ...]
    disabled: bool

    @property
    def role(self) -> str:
        """The roles in words, for people to read; ask `has` instead of comparing it."""
        return ", ".join(self.roles)

    def has(self, *roles: str) -> bool:
        """Whether the account has at least one of these roles and is not disabled."""
        return not self.disabled and any(role in self.roles for role in roles)


@dataclass(frozen=True, slots=True)
class WebSession:
    """A signed-in browser: whose it is and the word that its forms must carry.

    `id` names it to its owner and opens nothing; `second_at` is when the second factor was shown.
    """

    user: str
    csrf: str
    expires_at: datetime
    id: str = ""
    created_at: datetime | None = None
    seen_at: datetime | None = None
    how: str = ""
    agent: str = ""
    second_at: datetime | None = None


ID_CHARS = 12


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def add(
    tx: Transaction, name: str, roles: str | Iterable[str], at: datetime, *, by: str = "homeward"
) -> bool:
    """Make an account with one role or several. False when the name is taken."""
    row = {"name": name, "password": "", "disabled": False, "created_at": at}
    if not insert_new(tx, t.users, row):
        return False
    for role in (roles,) if isinstance(roles, str) else roles:
        give_role(tx, name, role, by=by, at=at)
    return True


def give_role(tx: Transaction, name: str, role: str, *, by: str, at: datetime) -> bool:
    """Add a role to an account. False if it was there."""
    return insert_new(tx, t.user_roles, {"user": name, "role": role, "by": by, "at": at})


def take_role(tx: Transaction, name: str, role: str) -> bool:
    """Take a role from an account. False if it was not there."""
    c = t.user_roles.c
    return tx.execute(sa.delete(t.user_roles).where(c.user == name, c.role == role)).rowcount > 0


def _roles(tx: Transaction, where: sa.ColumnElement[bool]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    c = t.user_roles.c
    for row in tx.execute(sa.select(c.user, c.role).where(where).order_by(c.user, c.role)):
        found.setdefault(row.user, []).append(row.role)
    return found


def get(tx: Transaction, name: str) -> User:
    """An account. Raises Missing."""
    row = tx.execute(sa.select(t.users).where(t.users.c.name == name)).first()
    if row is None:
        raise Missing(name, "is not a known user; `run_bot.py user add NAME` makes one")
    roles = _roles(tx, t.user_roles.c.user == name).get(name, [])
    return User(row.name, tuple(roles), row.disabled)


def listing(tx: Transaction) -> list[User]:
    """All accounts by name."""
    roles = _roles(tx, sa.true())
    rows = tx.execute(sa.select(t.users).order_by(t.users.c.name))
    return [User(row.name, tuple(roles.get(row.name, ())), row.disabled) for row in rows]


def having(tx: Transaction, role: str) -> list[str]:
    """The names of the accounts with a role that are not disabled."""
    return [user.name for user in listing(tx) if user.has(role)]


def set_disabled(tx: Transaction, name: str, disabled: bool) -> bool:
    """Close or open an account. False if it already stood so."""
    where = (t.users.c.name == name) & (t.users.c.disabled != disabled)
    return tx.execute(sa.update(t.users).where(where).values(disabled=disabled)).rowcount > 0


def password_of(tx: Transaction, name: str) -> str:
    """The Argon2 hash, "" if none is set."""
    return tx.execute(sa.select(t.users.c.password).where(t.users.c.name == name)).scalar() or ""


def set_password(tx: Transaction, name: str, argon2_hash: str) -> None:
    """Keep the Argon2 hash of a password."""
    tx.execute(sa.update(t.users).where(t.users.c.name == name).values(password=argon2_hash))


def make_link(tx: Transaction, user: str, *, now: datetime, valid: timedelta) -> str:
    """A fresh one-time sign-in token for the user."""
    token = secrets.token_urlsafe(24)
    row = {"digest": _digest(token), "user": user, "expires_at": now + valid, "used_at": None}
    tx.execute(sa.insert(t.login_links).values(**row))
    return token


def use_link(tx: Transaction, token: str, now: datetime) -> str | None:
    """Spend a one-time token: the user's name, or None if it is unknown, spent or too old."""
    c = t.login_links.c
    where = (c.digest == _digest(token)) & c.used_at.is_(None) & (c.expires_at > now)
    row = tx.execute(sa.update(t.login_links).where(where).values(used_at=now).returning(c.user)).first()
    return row.user if row else None


def drop_links(tx: Transaction, user: str) -> None:
    """Spend every one-time link of an account that nobody used yet."""
    c = t.login_links.c
    tx.execute(sa.delete(t.login_links).where(c.user == user, c.used_at.is_(None)))


def open_session(
    tx: Transaction, user: str, *, now: datetime, valid: timedelta, how: str = "", agent: str = ""
) -> tuple[str, WebSession]:
    """A fresh session: its token (kept only as a digest) and what is kept of it."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    digest = _digest(token)
    row = {
        "user": user, "csrf": csrf, "expires_at": now + valid, "created_at": now, "seen_at": now,
        "how": how, "agent": agent, "second_at": None,
    }  # fmt: skip
    tx.execute(sa.insert(t.web_sessions).values(digest=digest, **row))
    return token, _session(digest, row)


def _session(digest: str, row: Mapping[str, Any]) -> WebSession:
    names = ("user", "csrf", "expires_at", "created_at", "seen_at", "how", "agent", "second_at")
    return WebSession(id=digest[:ID_CHARS], **{name: row[name] for name in names})


def session(
    tx: Transaction, token: str, now: datetime, *, idle: timedelta | None = None
) -> WebSession | None:
    """The session of a token, None if it is unknown, over, unused for `idle`, or its user disabled."""
    c = t.web_sessions.c
    query = (
        sa.select(t.web_sessions)
        .join(t.users, t.users.c.name == c.user)
        .where(c.digest == _digest(token), c.expires_at > now, ~t.users.c.disabled)
    )
    if idle is not None:
        query = query.where(c.seen_at > now - idle)
    row = tx.execute(query).first()
    return _session(row.digest, row._asdict()) if row else None


def sessions_of(tx: Transaction, user: str, now: datetime, *, idle: timedelta) -> list[WebSession]:
    """The standing sessions of an account, the one used last first."""
    c = t.web_sessions.c
    where = (c.user == user) & (c.expires_at > now) & (c.seen_at > now - idle)
    rows = tx.execute(sa.select(t.web_sessions).where(where).order_by(c.seen_at.desc(), c.digest))
    return [_session(row.digest, row._asdict()) for row in rows]


def touch_session(tx: Transaction, token: str, now: datetime) -> None:
    """Somebody used a session."""
    where = t.web_sessions.c.digest == _digest(token)
    tx.execute(sa.update(t.web_sessions).where(where).values(seen_at=now))


def pass_second(tx: Transaction, token: str, now: datetime) -> None:
    """The second factor was shown in this session."""
    where = t.web_sessions.c.digest == _digest(token)
    tx.execute(sa.update(t.web_sessions).where(where).values(second_at=now))


def close_session(tx: Transaction, token: str) -> None:
    """End a session."""
    tx.execute(sa.delete(t.web_sessions).where(t.web_sessions.c.digest == _digest(token)))


def close_named(tx: Transaction, user: str, ident: str) -> bool:
    """End a session of an account by its id. False if there is none."""
    c = t.web_sessions.c
    where = (c.user == user) & (sa.func.substr(c.digest, 1, ID_CHARS) == ident)
    return tx.execute(sa.delete(t.web_sessions).where(where)).rowcount > 0


def close_other_sessions(tx: Transaction, user: str, token: str = "") -> int:
    """End all sessions of an account but that of the token; gives how many."""
    c = t.web_sessions.c
    ended = tx.execute(sa.delete(t.web_sessions).where(c.user == user, c.digest != _digest(token)))
    return ended.rowcount


def drop_old_sessions(tx: Transaction, now: datetime, *, idle: timedelta) -> None:
    """Forget sessions that are over."""
    c = t.web_sessions.c
    tx.execute(sa.delete(t.web_sessions).where((c.expires_at <= now) | (c.seen_at <= now - idle)))
