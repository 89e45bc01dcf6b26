"""One-time links to case files as rows: kept as digests, tried a few times, used once. Judges nothing."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction
from store.records.casefile import Delivery

_D = t.deliveries.c


def digest_of(token: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def add(tx: Transaction, delivery: Delivery) -> None:
    """Keep a link; every other open link to the same file is over."""
    end_of(tx, delivery.number, "a newer link was made")
    values = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}
    tx.execute(sa.insert(t.deliveries).values(**values))


def find(tx: Transaction, token: str) -> Delivery | None:
    """The link of a secret, whatever became of it."""
    row = tx.execute(sa.select(t.deliveries).where(_D.digest == digest_of(token))).first()
    return None if row is None else _delivery(row)


def of_file(tx: Transaction, number: int) -> list[Delivery]:
    """All links to a file, the newest first."""
    query = sa.select(t.deliveries).where(_D.number == number).order_by(_D.made_at.desc(), _D.digest)
    return [_delivery(row) for row in tx.execute(query)]


def _delivery(row: Any) -> Delivery:
    return Delivery(**row._mapping)


def count_try(tx: Transaction, digest: str) -> int:
    """Count a try with a code; gives how many there were with this one."""
    update = sa.update(t.deliveries).where(_D.digest == digest).values(tries=_D.tries + 1)
    return int(tx.execute(update.returning(_D.tries)).scalar_one())


def spend(tx: Transaction, digest: str, *, at: datetime) -> bool:
    """Use a link up. False if it was used or over before."""
    where = (_D.digest == digest) & _D.used_at.is_(None) & (_D.over_why == "")
    return tx.execute(sa.update(t.deliveries).where(where).values(used_at=at)).rowcount == 1


def end_of(tx: Transaction, number: int, why: str) -> int:
    """End every open link to a file. How many there were."""
    where = (_D.number == number) & _D.used_at.is_(None) & (_D.over_why == "")
    return tx.execute(sa.update(t.deliveries).where(where).values(over_why=why)).rowcount


def end(tx: Transaction, digest: str, why: str) -> None:
    """End one link."""
    tx.execute(sa.update(t.deliveries).where(_D.digest == digest, _D.used_at.is_(None)).values(over_why=why))
