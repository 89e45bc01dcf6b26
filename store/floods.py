"""How many posts an author or a text brought in an hour, and floods that were noticed, as rows.

`what` is a digest (store/tag_posts.py); `post_key` is one post of them. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from store import queue_seen, veils
from store import tables as t
from store.db import Transaction, insert_of, upsert
from store.hourly import hour_of

AUTHOR, WORDS, PICTURE = "author", "words", "picture"
_C, _F = t.flood_counts.c, t.floods.c


def arrived(tx: Transaction, kind: str, what: int, post_key: str, at: datetime) -> int:
    """Count a new post of an author or text. How many there were in this hour, this one included."""
    row = {"kind": kind, "what": what, "hour": hour_of(at), "posts": 1, "post_key": post_key}
    return int(tx.execute(_arrived(tx.dialect.name), row).scalar_one())


@cache
def _arrived(dialect: str) -> Any:
    statement = insert_of(dialect, t.flood_counts)
    more = {"posts": _C.posts + 1}
    statement = statement.on_conflict_do_update(index_elements=["kind", "what", "hour"], set_=more)
    return statement.returning(_C.posts)


@dataclass(frozen=True, slots=True)
class Share:
    """An author's posts of the last hours, and one of them to tell who it is."""

    what: int
    posts: int
    post_key: str


def busiest(tx: Transaction, kind: str, *, since: datetime, most: int = 20) -> tuple[list[Share], int]:
    """Who brought most posts since the hour, and how many all brought together."""
    where = (_C.kind == kind, _C.hour >= hour_of(since))
    total = sa.func.sum(_C.posts)
    query = sa.select(_C.what, total, sa.func.min(_C.post_key)).where(*where).group_by(_C.what)
    rows = tx.execute(query.order_by(total.desc(), _C.what).limit(most))
    whole = tx.execute(sa.select(total).where(*where)).scalar() or 0
    return [Share(row[0], int(row[1]), row[2]) for row in rows], int(whole)


def waiting_by_author(tx: Transaction, stage: str, *, most: int = 20) -> tuple[list[Any], int]:
    """Authors with most jobs waiting at a stage: rows of platform, author_id, handle, jobs; and all jobs."""
    work = queue_seen.all_work(tx)
    j, p = work.c, t.posts.c
    number = sa.func.count()
    query = (
        sa.select(p.platform, p.author_id, sa.func.min(p.author_handle).label("handle"), number.label("jobs"))
        .select_from(work.join(t.posts, p.key == j.key))
        .where(j.stage == stage, j.state == "ready", ~veils.of_veiled(p.key))
        .group_by(p.platform, p.author_id)
        .order_by(number.desc(), p.platform, p.author_id)
        .limit(most)
    )
    whole = sa.select(sa.func.count()).where(j.stage == stage, j.state == "ready")
    return list(tx.execute(query)), int(tx.execute(whole).scalar_one())


@dataclass(frozen=True, slots=True)
class Flood:
    """Many posts of one author, text or picture in a short time. `new_authors` were never seen before."""

    kind: str
    what: int
    post_key: str
    posts: int
    authors: int
    new_authors: int
    first_at: datetime
    last_at: datetime


def notice(tx: Transaction, flood: Flood) -> bool:
    """Keep a flood as it stands now; its first time stays. True if it is new."""
    known = sa.select(_F.what).where(_F.kind == flood.kind, _F.what == flood.what)
    is_new = tx.execute(known).first() is None
    row = {name: getattr(flood, name) for name in Flood.__dataclass_fields__}
    upsert(tx, t.floods, [row], update=["post_key", "posts", "authors", "new_authors", "last_at"])
    return is_new


def listing(tx: Transaction, *, since: datetime, most: int = 50) -> Sequence[Flood]:
    """Floods seen since the moment, the newest first; without those whose post is hidden."""
    where = (_F.last_at >= since, ~veils.of_veiled(_F.post_key))
    order = (_F.last_at.desc(), _F.posts.desc(), _F.what)
    return [
        Flood(**row._mapping)
        for row in tx.execute(sa.select(t.floods).where(*where).order_by(*order).limit(most))
    ]


def forget(tx: Transaction, *, before: datetime) -> None:
    """Drop counts and floods that no comparison asks for any more."""
    tx.execute(sa.delete(t.flood_counts).where(_C.hour < before))
    tx.execute(sa.delete(t.floods).where(_F.last_at < before))
