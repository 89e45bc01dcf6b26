"""Tokens by which programs ask the API: kept as digests, each bound to an account, with scopes and an end."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction

PREFIX = "hw_"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What is kept of a token; never the token itself."""

    id: str
    user: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str = ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _token(row: Any) -> ApiToken:
    values = {name: row[name] for name in ApiToken.__dataclass_fields__}
    return ApiToken(**{**values, "scopes": tuple(values["scopes"])})


def make(
    tx: Transaction, user: str, name: str, scopes: Sequence[str], *, at: datetime, until: datetime
) -> tuple[str, ApiToken]:
    """A fresh token, shown this once, and what is kept of it."""
    token = f"{PREFIX}{secrets.token_urlsafe(32)}"
    held = ApiToken(secrets.token_hex(6), user, name, tuple(scopes), at, until)
    row = {
        "id": held.id, "digest": _digest(token), "user": user, "name": name, "scopes": list(scopes),
        "created_at": at, "expires_at": until, "used_at": None, "revoked_at": None, "revoked_by": "",
    }  # fmt: skip
    tx.execute(sa.insert(t.api_tokens).values(**row))
    return token, held


def find(tx: Transaction, token: str, now: datetime) -> ApiToken | None:
    """The standing token, None if it is unknown, over or revoked, or its account disabled."""
    c = t.api_tokens.c
    query = (
        sa.select(t.api_tokens)
        .join(t.users, t.users.c.name == c.user)
        .where(c.digest == _digest(token), c.expires_at > now, c.revoked_at.is_(None), ~t.users.c.disabled)
    )
    row = tx.execute(query).first()
    return _token(row._mapping) if row else None


def touch(tx: Transaction, ident: str, now: datetime) -> None:
    """A token was used."""
    tx.execute(sa.update(t.api_tokens).where(t.api_tokens.c.id == ident).values(used_at=now))


def listing(tx: Transaction, user: str = "") -> list[ApiToken]:
    """Tokens that nobody revoked, of an account or of all, newest first."""
    c = t.api_tokens.c
    query = sa.select(t.api_tokens).where(c.revoked_at.is_(None)).order_by(c.created_at.desc(), c.id)
    rows = tx.execute(query.where(c.user == user) if user else query)
    return [_token(row._mapping) for row in rows]


def revoke(tx: Transaction, *, user: str, ident: str = "", by: str, at: datetime) -> int:
    """End a token of an account, or all of them without `ident`; gives how many ended."""
    c = t.api_tokens.c
    where = (c.user == user) & c.revoked_at.is_(None)
    if ident:
        where &= c.id == ident
    return tx.execute(sa.update(t.api_tokens).where(where).values(revoked_at=at, revoked_by=by)).rowcount
