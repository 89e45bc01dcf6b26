"""The authors of stored posts: whose are kept, under which handle, with which signs. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.codec import to_json
from store.db import Transaction
from store.posts import storable
from store.records.post import Author, AuthorSign, Platform

_MOST_AT_ONCE = 500


def known(tx: Transaction, platform: Platform, ids: Sequence[str]) -> set[str]:
    """Those of the authors of whom a post is stored, standing or put away."""
    found: set[str] = set()
    for start in range(0, len(ids), _MOST_AT_ONCE):
        part = list(ids[start : start + _MOST_AT_ONCE])
        for table in (t.posts, t.hidden_posts):
            where = (table.c.platform == platform.value) & table.c.author_id.in_(part)
            found |= set(tx.execute(sa.select(table.c.author_id).where(where).distinct()).scalars())
    return found


def posts_of(tx: Transaction, platform: Platform, author_id: str) -> list[str]:
    """Keys of the author's standing posts, in order."""
    p = t.posts.c
    where = (p.platform == platform.value) & (p.author_id == author_id) & p.gone_at.is_(None)
    return list(tx.execute(sa.select(p.key).where(where).order_by(p.key)).scalars())


def unknown(tx: Transaction, platform: Platform, *, since: datetime, most: int) -> list[str]:
    """Ids of authors whose profile was not read yet, of standing posts received since then, newest first."""
    p = t.posts.c
    marked = sa.cast(p.author_signs, sa.Text).like(f"%{AuthorSign.NOT_YET_KNOWN.value}%")
    where = (p.platform == platform.value) & p.gone_at.is_(None) & (p.received_at >= since) & marked
    latest = sa.func.max(p.received_at)
    query = sa.select(p.author_id).where(where).group_by(p.author_id).order_by(latest.desc(), p.author_id)
    return list(tx.execute(query.limit(most)).scalars())


def rename(tx: Transaction, platform: Platform, author_id: str, handle: str) -> int:
    """Give the author's stored posts the handle of today; gives how many had another one."""
    p, now = t.posts.c, storable(handle)
    where = (p.platform == platform.value) & (p.author_id == author_id) & (p.author_handle != now)
    return int(tx.execute(sa.update(t.posts).where(where).values(author_handle=now)).rowcount)


def learn(tx: Transaction, post_key: str, author: Author) -> None:
    """Keep what is known of a post's author now."""
    values = {
        "author_handle": storable(author.handle),
        "author_name": storable(author.display_name),
        "author_location": storable(author.location),
        "author_signs": sorted(to_json(author.signs)),
    }
    tx.execute(sa.update(t.posts).where(t.posts.c.key == post_key).values(**values))
