"""Deletions of posts that were not known when they were deleted, as keyed digests with a time.

A platform's stream tells of every deletion, also of posts that have nothing to do with the campaign:
no key of theirs is kept, only a digest that recognises the post should it come after all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, upsert

# Asked for every post that comes in, so built once.
_REMEMBERED = (
    sa.select(t.early_deletions.c.digest)
    .where(t.early_deletions.c.digest.in_(sa.bindparam("digests", expanding=True)))
    .limit(1)
)


def remember(tx: Transaction, digests: Collection[str], at: datetime) -> None:
    """Keep that the posts under these keyed digests were deleted; the first time stays."""
    upsert(tx, t.early_deletions, [{"digest": digest, "at": at} for digest in digests], update=())


def is_remembered(tx: Transaction, digests: Collection[str]) -> bool:
    """Whether one of these keyed digests stands for a post that was deleted before it came."""
    return tx.execute(_REMEMBERED, {"digests": list(digests)}).first() is not None


def prune(tx: Transaction, *, before: datetime, most: int) -> int:
    """Forget those older than the moment, and the oldest beyond `most`. How many went."""
    e = t.early_deletions
    gone = tx.execute(sa.delete(e).where(e.c.at < before)).rowcount
    order = (e.c.at.desc(), e.c.digest)
    edge = tx.execute(sa.select(e.c.at).order_by(*order).offset(most).limit(1)).scalar()
    if edge is not None:
        gone += tx.execute(sa.delete(e).where(e.c.at <= edge)).rowcount
    return gone


def count(tx: Transaction) -> int:
    """How many are remembered."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.early_deletions)).scalar_one())
