"""Which posts changed since the campaign's numbers were last brought up to date, as rows. Counts nothing.

Whoever stores, changes, hides or wipes a post, or keeps what was read from it, marks it here in the same
transaction; `store/campaign_days.py` takes the marks away with what they changed.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction

_MARK = sa.insert(t.campaign_changes)


def mark(tx: Transaction, post_key: str) -> None:
    """The post has changed. Rows are only added: two writers never wait for each other."""
    tx.execute(_MARK, {"post_key": post_key})


def mark_all(tx: Transaction) -> None:
    """Every stored post has changed, in the order in which they came."""
    p = t.posts.c
    every = sa.select(p.key).order_by(p.received_at, p.key)
    tx.execute(sa.insert(t.campaign_changes).from_select(["post_key"], every))


def waiting(tx: Transaction) -> int:
    """How many marks there are."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.campaign_changes)).scalar_one())


def take(tx: Transaction, most: int) -> list[str]:
    """Take away the oldest marks; the keys they name, each once.

    Read the posts only afterwards: a writer that is not done yet has a mark that is not seen here.
    """
    c = t.campaign_changes.c
    oldest = sa.select(c.seq).order_by(c.seq).limit(most).scalar_subquery()
    gone = sa.delete(t.campaign_changes).where(c.seq.in_(oldest)).returning(c.post_key)
    return list(dict.fromkeys(tx.execute(gone).scalars()))
