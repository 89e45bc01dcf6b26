"""How long posts may be kept, what of them is taken out, and whose they are, as rows. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import sealed_places
from store import tables as t
from store.codec import to_json
from store.db import Transaction
from store.records.post import Platform

Scrub = Callable[[Mapping[str, Any]], dict[str, Any]]


def due(tx: Transaction, now: datetime, kept_since: Mapping[str, datetime], *, most: int) -> list[str]:
    """Keys of standing posts for which something ended: their `delete_by` passed, or they were received
    before the moment until which their platform lets them be kept (`kept_since`, by platform)."""
    p = t.posts.c
    ended = [p.delete_by <= now]
    ended += [(p.platform == name) & (p.received_at <= moment) for name, moment in sorted(kept_since.items())]
    query = sa.select(p.key).where(p.gone_at.is_(None), sa.or_(*ended)).order_by(p.delete_by, p.key)
    return list(tx.execute(query.limit(most)).scalars())


def count_due(tx: Transaction, now: datetime, kept_since: Mapping[str, datetime]) -> int:
    """How many posts are due; at most 10,000 are counted."""
    return len(due(tx, now, kept_since, most=10_000))


def of_author(tx: Transaction, platform: Platform, author_id: str, handle: str) -> list[str]:
    """Keys of the standing posts of an author, by lasting id, or by handle where the platform gives no id."""
    p = t.posts.c
    who = p.author_id == author_id if author_id else (p.author_id == "") & (p.author_handle == handle)
    if not (author_id or handle):
        return []
    query = sa.select(p.key).where(p.platform == platform.value, who, p.gone_at.is_(None)).order_by(p.key)
    return list(tx.execute(query).scalars())


def scrub(tx: Transaction, key: str, clean: Scrub) -> None:
    """Take the author's own places off a stored post and its versions; `clean` does so for a payload."""
    p, v = t.posts.c, t.post_versions.c
    raw = tx.execute(sa.select(p.raw).where(p.key == key)).scalar()
    if raw is None:
        return
    sealed_places.drop(tx, [sealed_places.of_post(key), sealed_places.of_claim(key)])
    blank = {"author_location": "", "geotag": None, "place_tag": None, "raw": clean(raw)}
    tx.execute(sa.update(t.posts).where(p.key == key).values(**blank))
    for row in tx.execute(sa.select(v.version, v.raw).where(v.post_key == key)).all():
        where = (v.post_key == key) & (v.version == row.version)
        tx.execute(sa.update(t.post_versions).where(where).values(raw=clean(row.raw)))


def kept_versions(tx: Transaction, key: str) -> list[dict[str, Any]]:
    """The versions of a post that were replaced, with text and payload, as JSON-able values."""
    v = t.post_versions
    rows = tx.execute(sa.select(v).where(v.c.post_key == key).order_by(v.c.replaced_at, v.c.version)).all()
    return [{name: to_json(value) for name, value in row._mapping.items()} for row in rows]


def standing(tx: Transaction, *, after: str = "", most: int) -> list[tuple[str, str]]:
    """(key, platform) of posts that stand, by key, after a key; hidden ones are among them."""
    p = t.posts.c
    query = sa.select(p.key, p.platform).where(p.key > after, p.gone_at.is_(None)).order_by(p.key).limit(most)
    return [(row[0], row[1]) for row in tx.execute(query)]


def drop_put_away(tx: Transaction) -> None:
    """Forget the sealed copies of posts whose authors' accounts are out of use: nobody comes back to them."""
    tx.execute(sa.delete(t.hidden_posts))
