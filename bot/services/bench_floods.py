"""Who fills the queue, which floods were noticed, who is blocked: read for people. The pipeline decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.pipeline import floods as flooding
from bot.pipeline.road import Road
from store import author_blocks, floods, posts, tag_facts, tag_gates, veils
from store.author_blocks import Block
from store.errors import Conflict
from store.floods import Flood
from store.records.work import Stage
from store.tag_gates import Gate

DAY = timedelta(days=1)
SHOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Busy:
    """An author's part of the last day's new posts, how many jobs wait for them, and one of the posts."""

    handle: str
    platform: str
    posts: int
    share: float
    waiting: int
    key: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What fills the queue. `waiting` counts posts that wait to be looked at."""

    authors: tuple[Busy, ...]
    floods: tuple[Flood, ...]
    waiting: int


def watch(road: Road) -> Watch:
    """The busiest authors of the last day with their share of the queue, and floods of the last week."""
    now = road.clock()
    with road.store.reading() as tx:
        shares, whole = floods.busiest(tx, floods.AUTHOR, since=now - DAY)
        queue, waiting = floods.waiting_by_author(tx, Stage.LOOK.value)
        held = {(row.platform, row.handle): int(row.jobs) for row in queue}
        shown = {row.key: row for row in tag_facts.shown(tx, [each.post_key for each in shares])}
        busy = tuple(
            Busy(
                shown[each.post_key].author_handle,
                shown[each.post_key].platform,
                each.posts,
                each.posts / whole,
                held.get((shown[each.post_key].platform, shown[each.post_key].author_handle), 0),
                each.post_key,
            )
            for each in shares
            if each.post_key in shown
        )
        return Watch(busy, tuple(floods.listing(tx, since=now - SHOWN)), waiting)


def texts_of(road: Road, keys: Sequence[str]) -> dict[str, str]:
    """The texts of these posts, for people; without hidden and gone ones."""
    with road.store.reading() as tx:
        return tag_facts.texts(tx, keys)


def gates(road: Road) -> list[Gate]:
    """All gates, by hashtag."""
    with road.store.reading() as tx:
        return tag_gates.listing(tx)


def blocks(road: Road) -> list[Block]:
    """Blocks, standing ones first."""
    with road.store.reading() as tx:
        return author_blocks.listing(tx)


def block(road: Road, post_key: str, *, days: int, by: str, why: str) -> Block:
    """Block the author of a stored post. Raises Missing, Conflict, UsageError."""
    with road.store.reading() as tx:
        veils.check(tx, post_key)
        if posts.is_gone(tx, post_key):
            raise Conflict(post_key, "is gone, and its author was forgotten with it")
        post = posts.get(tx, post_key)
    return flooding.block(road, post, days=days, by=by, why=why)
