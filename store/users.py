"""People who use the console and the tools: accounts, one-time links, sessions. Checks no password.

Tokens are kept as SHA-256 digests: a stolen database opens no session.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

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


@dataclass(frozen=True, slots=True)
class User:
    """An account."""

    name: str
    role: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class WebSession:
    """A signed-in browser: whose it is and the word that its forms must carry."""

    user: str
    csrf: str
    expires_at: datetime


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def add(tx: Transaction, name: str, role: str, at: datetime) -> bool:
    """Make an account. False when the name is taken."""
    return insert_new(
        tx, t.users, {"name": name, "role": role, "password": "", "disabled": False, "created_at": at}
    )


def get(tx: Transaction, name: str) -> User:
    """An account. Raises Missing."""
    row = tx.execute(sa.select(t.users).where(t.users.c.name == name)).first()
    if row is None:
        raise Missing(name, "is not a known user; `run_bot.py user add NAME` makes one")
    return User(row.name, row.role, row.disabled)


def listing(tx: Transaction) -> list[User]:
    """All accounts by name."""
    return [User(r.name, r.role, r.disabled) for r in tx.execute(sa.select(t.users).order_by(t.users.c.name))]


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


def open_session(tx: Transaction, user: str, *, now: datetime, valid: timedelta) -> tuple[str, WebSession]:
    """A fresh session: its token (kept only as a digest) and what is kept of it."""
    token = secrets.token_urlsafe(32)
    session = WebSession(user, secrets.token_urlsafe(24), now + valid)
    row = {"digest": _digest(token), "user": user, "csrf": session.csrf, "created_at": now}
    tx.execute(sa.insert(t.web_sessions).values(**row, expires_at=session.expires_at))
    return token, session


def session(tx: Transaction, token: str, now: datetime) -> WebSession | None:
    """The session of a token, None if it is unknown, over, or its user disabled."""
    c = t.web_sessions.c
    query = (
        sa.select(c.user, c.csrf, c.expires_at)
        .join(t.users, t.users.c.name == c.user)
        .where(c.digest == _digest(token), c.expires_at > now, ~t.users.c.disabled)
    )
    row = tx.execute(query).first()
    return WebSession(row.user, row.csrf, row.expires_at) if row else None


def close_session(tx: Transaction, token: str) -> None:
    """End a session."""
    tx.execute(sa.delete(t.web_sessions).where(t.web_sessions.c.digest == _digest(token)))


def close_other_sessions(tx: Transaction, user: str, token: str) -> int:
    """End all sessions of an account but that of the token; gives how many."""
    c = t.web_sessions.c
    ended = tx.execute(sa.delete(t.web_sessions).where(c.user == user, c.digest != _digest(token)))
    return ended.rowcount
