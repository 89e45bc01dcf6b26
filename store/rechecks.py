"""Which posts are looked up again and when that was done last, as rows.

A post is looked up as long as a match of it is open or was called possible: only those are shown on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store import imports
from store import tables as t
from store.db import Transaction, upsert
from store.matches import STANDING

IDS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Due:
    """A post to look up: where it was delivered, and under which id it is known there."""

    post_key: str
    source: str
    tag: str
    native_id: str


def _watched() -> Any:
    matched = sa.select(t.matches.c.post_key).where(t.matches.c.state.in_(STANDING))
    return (t.posts.c.key.in_(matched)) & t.posts.c.gone_at.is_(None)


def due(tx: Transaction, source: str, before: datetime, *, most: int) -> list[Due]:
    """Watched posts that the source delivered and that it was last asked for before the moment.

    Longest unseen first, one row a post: its first delivery.
    """
    o, r = t.observations.c, t.rechecks.c
    last = sa.func.coalesce(r.checked_at, t.posts.c.received_at)
    query = (
        sa.select(o.post_key, o.source, o.tag, o.native_id)
        .join(t.posts, t.posts.c.key == o.post_key)
        .outerjoin(t.rechecks, (r.post_key == o.post_key) & (r.source == o.source))
        .where(_watched(), o.source == source, o.native_id != "", last < before)
        .order_by(last, o.post_key, o.seen_at, o.tag)
    )
    found: dict[str, Due] = {}
    for row in tx.execute(query):
        found.setdefault(row.post_key, Due(row.post_key, row.source, row.tag, row.native_id))
        if len(found) >= most:
            break
    return list(found.values())


def due_imports(tx: Transaction, source: str, platform: str, before: datetime, *, most: int) -> list[Due]:
    """Watched posts of the platform that no live source delivered, for which this one was not asked lately.

    Their `source` and `tag` are those of the file that brought them.
    """
    o, r, p = t.observations.c, t.rechecks.c, t.posts.c
    live = t.observations.alias().c
    last = sa.func.coalesce(r.checked_at, p.received_at)
    is_live = sa.exists().where(live.post_key == p.key, live.source != imports.SOURCE)
    query = (
        sa.select(o.post_key, o.source, o.tag, o.native_id)
        .join(t.posts, p.key == o.post_key)
        .outerjoin(t.rechecks, (r.post_key == o.post_key) & (r.source == source))
        .where(_watched(), o.source == imports.SOURCE, p.platform == platform, ~is_live, last < before)
        .order_by(last, o.post_key, o.seen_at, o.tag)
    )
    found: dict[str, Due] = {}
    for row in tx.execute(query):
        found.setdefault(row.post_key, Due(row.post_key, row.source, row.tag, row.native_id))
        if len(found) >= most:
            break
    return list(found.values())


def is_watched(tx: Transaction, post_key: str) -> bool:
    """Whether the post is one of those that are looked up regularly."""
    query = sa.select(t.posts.c.key).where(_watched(), t.posts.c.key == post_key)
    return tx.execute(query).first() is not None


def stored(tx: Transaction, platform: str, *, after: str = "", most: int) -> list[tuple[str, str]]:
    """(key, native id) of the standing posts of a platform, whoever brought them, in order after a key."""
    p = t.posts.c
    where = (p.platform == platform) & p.gone_at.is_(None) & (p.native_id != "") & (p.key > after)
    query = sa.select(p.key, p.native_id).where(where).order_by(p.key).limit(most)
    return [(row.key, row.native_id) for row in tx.execute(query)]


def keys_of(tx: Transaction, platform: str, native_ids: Sequence[str]) -> dict[str, str]:
    """Keys of the standing posts of a platform by their native ids, as far as they are stored."""
    p, found = t.posts.c, dict[str, str]()
    for start in range(0, len(native_ids), IDS_A_QUERY):
        wanted = native_ids[start : start + IDS_A_QUERY]
        where = (p.platform == platform) & p.gone_at.is_(None) & p.native_id.in_(wanted)
        found |= {row.native_id: row.key for row in tx.execute(sa.select(p.native_id, p.key).where(where))}
    return found


def late(tx: Transaction, platform: str, before: datetime) -> int:
    """How many watched posts of a platform that a live source delivered were last looked at before then."""
    return counts(tx, {platform: before})[1]


def counts(tx: Transaction, before: Mapping[str, datetime]) -> tuple[int, int]:
    """(posts that are looked up regularly, those of them last looked at before their platform's moment)."""
    r, p = t.rechecks.c, t.posts.c
    seen = sa.select(sa.func.max(r.checked_at)).where(r.post_key == p.key).scalar_subquery()
    ended = [(p.platform == name) & (p.received_at < moment) for name, moment in sorted(before.items())]
    unseen = [(p.platform == name) & (seen >= moment) for name, moment in sorted(before.items())]
    is_late = sa.and_(sa.or_(sa.false(), *ended), ~sa.func.coalesce(sa.or_(sa.false(), *unseen), sa.false()))
    late_ones = sa.func.coalesce(sa.func.sum(sa.case((is_late, 1), else_=0)), 0)
    # One walk over the few posts that are watched, since every first page asks for both numbers.
    query = sa.select(sa.func.count(), late_ones).select_from(t.posts).where(_watched(), _is_live())
    row = tx.execute(query).one()
    return int(row[0]), int(row[1])


def _is_live() -> Any:
    """Delivered by a source that can be asked again; an import cannot."""
    o = t.observations.c
    live = sa.select(t.sources.c.source)
    return sa.exists().where(o.post_key == t.posts.c.key, o.source.in_(live))


def watched(tx: Transaction) -> int:
    """How many posts are looked up regularly."""
    return counts(tx, {})[0]


def note(tx: Transaction, post_key: str, source: str, at: datetime, result: str) -> None:
    """Keep that the source was asked for the post and what came of it."""
    row = {"post_key": post_key, "source": source, "checked_at": at, "result": result}
    upsert(tx, t.rechecks, [row])


def tombstones(tx: Transaction) -> int:
    """How many deletions were honoured."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(t.tombstones)).scalar_one())
