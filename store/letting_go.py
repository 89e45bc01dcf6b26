"""Posts that the clock took because nobody needs them, and that still count: known by their reason, as rows.

A deletion by anybody else is another reason, also where it comes later: such a post counts no longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from store import campaign_changes, tag_marks, veils
from store import tables as t
from store.db import Transaction
from store.records.post import Gone, Platform

NO_USE = "kept no longer, it is no sighting: storage_limit"
"""Why such a post is gone. Ends as the platforms' own limits do: it stands where it is, and so does what we
wrote below it."""
_AT_ONCE = 500
_P, _F = t.posts.c, t.campaign_facts.c


def still_counts(post_key: Any) -> sa.ColumnElement[bool]:
    """A condition: the post of this key went by the clock, counts as it did, and is hidden from nobody."""
    gone = sa.exists().where(_P.key == post_key, _P.gone_why == NO_USE)
    return sa.and_(gone, ~veils.of_veiled(post_key))


def of(tx: Transaction, keys: Sequence[str]) -> set[str]:
    """Those of these posts that are gone by the clock and still count."""
    query = sa.select(_P.key).where(_P.key.in_(keys), _P.gone_why == NO_USE, ~veils.of_veiled(_P.key))
    return set(tx.execute(query).scalars())


def by_author(tx: Transaction, platform: Platform, author_id: str) -> list[str]:
    """Keys of the author's posts that are gone by the clock and still count.

    The post itself names its author no longer; the campaign's own row does, as long as it counts.
    """
    query = sa.select(_F.post_key).where(
        _F.platform == platform.value, _F.author == author_id, still_counts(_F.post_key)
    )
    return sorted(tx.execute(query).scalars())


def authors(tx: Transaction, platform: Platform, ids: Sequence[str]) -> set[str]:
    """Those of the authors of whom a post counts, standing or gone by the clock."""
    found: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        named = (_F.platform == platform.value, _F.author.in_(ids[start : start + _AT_ONCE]))
        found |= set(tx.execute(sa.select(_F.author).where(*named).distinct()).scalars())
    return found


def end(tx: Transaction, gone: Gone) -> bool:
    """A post that went by the clock is deleted for good: it counts no longer. False if it is no such post."""
    where = (_P.key == gone.key) & (_P.gone_why == NO_USE)
    values = {"gone_why": gone.why, "gone_at": gone.seen_at}
    if gone.why == NO_USE or not tx.execute(sa.update(t.posts).where(where).values(**values)).rowcount:
        return False
    stone = t.tombstones.c.post_key == gone.key
    tx.execute(sa.update(t.tombstones).where(stone).values(why=gone.why))
    campaign_changes.mark(tx, gone.key)
    tag_marks.put(tx, gone.key)
    return True


def end_all(tx: Transaction, why: str) -> int:
    """All posts that went by the clock count no longer, for this reason. How many."""
    went = sa.select(_P.key).where(_P.gone_why == NO_USE)
    for table in (t.campaign_changes, t.bench_marks):
        tx.execute(sa.insert(table).from_select(["post_key"], went))
    return int(tx.execute(sa.update(t.posts).where(_P.gone_why == NO_USE).values(gone_why=why)).rowcount)
