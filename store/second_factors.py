"""Second factors of accounts: the sealed secret, the step of the last code, digests of recovery codes.

Opens no seal and checks no code: that is bot/services/totp.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What is kept of an account's second factor; it counts once it is confirmed."""

    user: str
    sealed: bytes
    made_at: datetime
    confirmed_at: datetime | None
    last_step: int


def put(tx: Transaction, user: str, sealed: bytes, at: datetime) -> None:
    """Keep a fresh secret that nobody has confirmed, in place of another unconfirmed one."""
    row = {"user": user, "sealed": sealed, "made_at": at, "confirmed_at": None, "last_step": 0}
    upsert(tx, t.second_factors, [row])


def get(tx: Transaction, user: str) -> SecondFactor | None:
    """The factor of an account, None if it has none."""
    row = tx.execute(sa.select(t.second_factors).where(t.second_factors.c.user == user)).first()
    return SecondFactor(**row._mapping) if row else None


def confirmed(tx: Transaction) -> set[str]:
    """The accounts whose factor counts."""
    c = t.second_factors.c
    return set(tx.execute(sa.select(c.user).where(c.confirmed_at.is_not(None))).scalars())


def spend_step(tx: Transaction, user: str, step: int) -> bool:
    """Take the code of a step. False if it, or a later one, was taken before."""
    c = t.second_factors.c
    where = (c.user == user) & (c.last_step < step)
    return tx.execute(sa.update(t.second_factors).where(where).values(last_step=step)).rowcount == 1


def confirm(tx: Transaction, user: str, at: datetime) -> None:
    """From now on the factor counts."""
    where = t.second_factors.c.user == user
    tx.execute(sa.update(t.second_factors).where(where).values(confirmed_at=at))


def drop(tx: Transaction, user: str) -> bool:
    """Forget factor and recovery codes of an account. False if there was none."""
    tx.execute(sa.delete(t.recovery_codes).where(t.recovery_codes.c.user == user))
    return tx.execute(sa.delete(t.second_factors).where(t.second_factors.c.user == user)).rowcount > 0


def put_codes(tx: Transaction, user: str, digests: Iterable[str]) -> None:
    """Keep the digests of new recovery codes in place of all before."""
    tx.execute(sa.delete(t.recovery_codes).where(t.recovery_codes.c.user == user))
    rows = [{"user": user, "digest": digest, "used_at": None} for digest in digests]
    tx.execute(sa.insert(t.recovery_codes), rows)


def spend_code(tx: Transaction, user: str, digest: str, at: datetime) -> bool:
    """Use a recovery code. False if it is unknown or was used."""
    c = t.recovery_codes.c
    where = (c.user == user) & (c.digest == digest) & c.used_at.is_(None)
    return tx.execute(sa.update(t.recovery_codes).where(where).values(used_at=at)).rowcount == 1


def codes_left(tx: Transaction, user: str) -> int:
    """How many recovery codes of an account nobody used."""
    c = t.recovery_codes.c
    query = sa.select(sa.func.count()).where(c.user == user, c.used_at.is_(None))
    return int(tx.execute(query).scalar_one())
