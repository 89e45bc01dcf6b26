"""Legal holds and the sealed copies that they keep, as rows. Judges no hold and opens no seal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_new, upsert
from store.errors import Conflict, Missing
from store.records.hold import Hold


@dataclass(frozen=True, slots=True)
class SealedCopy:
    """That a sealed copy of a deleted post is kept: in how many parts, since when, sealed with which key."""

    post_key: str
    parts: int
    at: datetime
    key_id: str


def add(tx: Transaction, hold: Hold) -> bool:
    """Keep a new hold. False, and nothing changed, when its id is taken."""
    names = [name for name in Hold.__dataclass_fields__ if name != "posts"]
    if not insert_new(tx, t.holds, {name: getattr(hold, name) for name in names}):
        return False
    upsert(tx, t.hold_posts, [{"hold_id": hold.id, "post_key": key} for key in hold.posts], update=())
    return True


def get(tx: Transaction, hold_id: str) -> Hold:
    """A hold. Raises Missing."""
    found = _read(tx, t.holds.c.id == hold_id)
    if not found:
        raise Missing(hold_id, "is not a hold; `run_bot.py hold list` shows those that you may see")
    return found[0]


def listing(tx: Transaction) -> list[Hold]:
    """All holds, newest first."""
    return _read(tx, sa.true())


def unended(tx: Transaction) -> list[Hold]:
    """Holds that nobody and no clock has ended yet."""
    return _read(tx, t.holds.c.ended_at.is_(None))


def of_post(tx: Transaction, post_key: str) -> list[Hold]:
    """All holds, ended ones too, that name the post."""
    named = sa.select(t.hold_posts.c.hold_id).where(t.hold_posts.c.post_key == post_key)
    return _read(tx, t.holds.c.id.in_(named))


def _read(tx: Transaction, where: Any) -> list[Hold]:
    order = (t.holds.c.placed_at.desc(), t.holds.c.id)
    rows = tx.execute(sa.select(t.holds).where(where).order_by(*order)).all()
    posts: dict[str, list[str]] = defaultdict(list)
    named = sa.select(t.hold_posts).where(t.hold_posts.c.hold_id.in_([row.id for row in rows]))
    for row in tx.execute(named.order_by(t.hold_posts.c.post_key)):
        posts[row.hold_id].append(row.post_key)
    return [Hold(**row._mapping, posts=tuple(posts[row.id])) for row in rows]


def confirm(tx: Transaction, hold_id: str, *, by: str, at: datetime) -> None:
    """Say who confirmed it. Raises Conflict when it was confirmed or ended meanwhile."""
    h = t.holds.c
    where = (h.id == hold_id) & h.confirmed_at.is_(None) & h.ended_at.is_(None)
    values = {"confirmed_by": by, "confirmed_at": at}
    if tx.execute(sa.update(t.holds).where(where).values(**values)).rowcount != 1:
        raise Conflict(hold_id, "was confirmed or ended meanwhile; look at it again")


def end(tx: Transaction, hold_id: str, *, by: str, why: str, at: datetime) -> bool:
    """End a hold. False if it had ended already."""
    where = (t.holds.c.id == hold_id) & t.holds.c.ended_at.is_(None)
    values = {"ended_by": by, "ended_why": why, "ended_at": at}
    return tx.execute(sa.update(t.holds).where(where).values(**values)).rowcount == 1


def put_sealed(
    tx: Transaction, post_key: str, parts: Sequence[bytes], *, key_id: str, why: str, at: datetime
) -> None:
    """Keep the sealed copy of a post; a copy that is there stays."""
    row = {"post_key": post_key, "key_id": key_id, "why": why, "at": at}
    rows = [{**row, "part": number, "sealed": sealed} for number, sealed in enumerate(parts)]
    upsert(tx, t.sealed_parts, rows, update=())


def sealed(tx: Transaction, post_key: str) -> list[bytes]:
    """The parts of a sealed copy in order, none if there is no copy."""
    part = t.sealed_parts.c
    query = sa.select(part.sealed).where(part.post_key == post_key).order_by(part.part)
    return list(tx.execute(query).scalars())


def copies(tx: Transaction) -> list[SealedCopy]:
    """Which sealed copies are kept, by post."""
    part = t.sealed_parts.c
    columns = (part.post_key, sa.func.count(), sa.func.min(part.at), sa.func.min(part.key_id))
    rows = tx.execute(sa.select(*columns).group_by(part.post_key).order_by(part.post_key))
    return [SealedCopy(*row) for row in rows]


def drop_sealed(tx: Transaction, post_key: str) -> bool:
    """Destroy the sealed copy of a post. False if there was none."""
    where = t.sealed_parts.c.post_key == post_key
    return tx.execute(sa.delete(t.sealed_parts).where(where)).rowcount > 0
