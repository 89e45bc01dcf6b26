"""Posts put away while their author's account is out of use: sealed, so that only coming back opens them.

To everything else such a post is gone. Decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import counters
from store import tables as t
from store.codec import from_json, to_json
from store.db import Transaction, upsert
from store.records.post import Platform, Post
from store.seal import SealKey


@dataclass(frozen=True, slots=True)
class Hidden:
    """A post that was put away, and under which source and tag it had come."""

    post: Post
    source: str
    tag: str


def put(tx: Transaction, key: SealKey, post: Post, *, source: str, tag: str, why: str, at: datetime) -> None:
    """Put a copy of the post away. What else is kept of it is the caller's to forget."""
    sealed = key.seal(json.dumps(to_json(post)), row=_row(post.key))
    row = {"post_key": post.key, "platform": post.platform.value, "author_id": post.author.id}
    row |= {"source": source, "tag": tag, "why": why}
    upsert(tx, t.hidden_posts, [{**row, "sealed": sealed, "at": at}])


def of_author(tx: Transaction, key: SealKey, platform: Platform, author_id: str) -> list[Hidden]:
    """The author's posts that are put away, in order of their keys. Raises Sealed for another key."""
    c = t.hidden_posts.c
    where = (c.platform == platform.value) & (c.author_id == author_id)
    rows = tx.execute(sa.select(t.hidden_posts).where(where).order_by(c.post_key))
    return [_opened(row, key) for row in rows]


def _opened(row: sa.Row[tuple[object, ...]], key: SealKey) -> Hidden:
    held = row._mapping
    value = json.loads(key.open(held["sealed"], row=_row(held["post_key"])))
    return Hidden(from_json(Post, value, subject=held["post_key"]), held["source"], held["tag"])


def make_room(tx: Transaction, post_key: str) -> None:
    """Take away tombstone and blank row of a post that comes back, and its place here."""
    drop(tx, [post_key])
    tx.execute(sa.delete(t.tombstones).where(t.tombstones.c.post_key == post_key))
    p = t.posts.c
    if tx.execute(sa.delete(t.posts).where(p.key == post_key, p.gone_at.is_not(None))).rowcount:
        counters.add(tx, "posts", -1)


def drop(tx: Transaction, post_keys: Sequence[str]) -> int:
    """Forget posts that were put away; gives how many."""
    where = t.hidden_posts.c.post_key.in_(list(post_keys))
    return int(tx.execute(sa.delete(t.hidden_posts).where(where)).rowcount)


def drop_author(tx: Transaction, platform: Platform, author_id: str) -> int:
    """Forget all posts of one author that were put away; gives how many."""
    c = t.hidden_posts.c
    where = (c.platform == platform.value) & (c.author_id == author_id)
    return int(tx.execute(sa.delete(t.hidden_posts).where(where)).rowcount)


def drop_before(tx: Transaction, moment: datetime) -> int:
    """Forget what was put away before the moment; gives how many."""
    return int(tx.execute(sa.delete(t.hidden_posts).where(t.hidden_posts.c.at < moment)).rowcount)


def count(tx: Transaction) -> int:
    """How many posts are put away."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.hidden_posts)).scalar_one())


def _row(post_key: str) -> str:
    return f"hidden {post_key}"
