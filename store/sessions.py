"""Sessions of our accounts on the platforms, sealed, and who may renew one just now. Reads no platform."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Store, Transaction, insert_new
from store.errors import Sealed
from store.seal import SealKey


def read(tx: Transaction, key: SealKey, account: str) -> str:
    """The value that was written last, "" for none or for one that another key sealed."""
    c = t.sessions.c
    found = tx.execute(sa.select(c.sealed).where(c.account == account)).scalar()
    if not found:
        return ""
    try:
        return key.open(found, row=_row(account))
    except Sealed:
        return ""  # Signing in again heals it; nothing else is lost with a session.


def write(tx: Transaction, key: SealKey, account: str, value: str, at: datetime) -> None:
    """Keep the value and end a claim."""
    _have(tx, account, at)
    values = {"sealed": key.seal(value, row=_row(account)), "at": at, "claimed_until": None}
    tx.execute(sa.update(t.sessions).where(t.sessions.c.account == account).values(**values))


def claim(tx: Transaction, account: str, now: datetime, until: datetime) -> bool:
    """Be the only one that renews this account's session until then. False if somebody else is at it."""
    _have(tx, account, now)
    c = t.sessions.c
    is_free = c.claimed_until.is_(None) | (c.claimed_until <= now)
    statement = sa.update(t.sessions).where(c.account == account, is_free).values(claimed_until=until)
    return bool(tx.execute(statement).rowcount)


def release(tx: Transaction, account: str) -> None:
    """End a claim without a new value."""
    statement = sa.update(t.sessions).where(t.sessions.c.account == account)
    tx.execute(statement.values(claimed_until=None))


def forget(tx: Transaction, account: str) -> None:
    """Drop the session: the next use signs in anew."""
    tx.execute(sa.delete(t.sessions).where(t.sessions.c.account == account))


def _have(tx: Transaction, account: str, at: datetime) -> None:
    insert_new(tx, t.sessions, {"account": account, "sealed": b"", "at": at})


def _row(account: str) -> str:
    return f"session {account}"


class SessionVault:
    """The vault that collectors and senders are given: each call is a transaction of its own.

    A renewed token must be kept even if the page that is being read fails, so it does not travel with it.
    """

    def __init__(self, store: Store, key: SealKey, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._key = key
        self._clock = clock

    def read(self, account: str) -> str:
        """See `read`."""
        with self._store.reading() as tx:
            return read(tx, self._key, account)

    def write(self, account: str, value: str) -> None:
        """See `write`."""
        with self._store.transaction(durable=True) as tx:
            write(tx, self._key, account, value, self._clock())

    def claim(self, account: str, until: datetime) -> bool:
        """See `claim`."""
        with self._store.transaction() as tx:
            return claim(tx, account, self._clock(), until)

    def release(self, account: str) -> None:
        """See `release`."""
        with self._store.transaction() as tx:
            release(tx, account)
