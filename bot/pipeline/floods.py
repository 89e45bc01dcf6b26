"""Keeps the queue fair: who posts very much, or what many copy, waits behind all others. Blocks authors.

Nothing is dropped here: posts are stored as all others, only when they are looked at is decided.
"""

from __future__ import annotations

from datetime import timedelta

from bot.pipeline import tag_counting
from bot.pipeline.road import Road
from bot.rules import fairness
from store import audit, author_blocks, floods
from store.author_blocks import Block
from store.db import Transaction
from store.errors import UsageError
from store.records.post import Post
from store.records.work import Stage

LONGEST_BLOCK = timedelta(days=90)


PAST_BACK = 20


def queue(road: Road, tx: Transaction, post: Post, *, past: bool) -> bool:
    """Let a new post be looked at, at its place in the queue. False if its author is set aside.

    Fresh sightings with a photo go first; a repost says nothing of its own. Who posts very much, or what
    many copy, waits behind all others; what was asked for from the past behind everything.
    """
    first = 10 if post.media and not post.repost_of else 0
    back = PAST_BACK if past else step_back(road, tx, post)
    if is_blocked(road, tx, post):
        return False
    road.engine.enqueue(tx, Stage.LOOK, post.key, priority=first - back)
    return True


def step_back(road: Road, tx: Transaction, post: Post) -> int:
    """How far a new post goes back in the queue: 0 for most, more for each ten times as many alike.

    Counts the post. Its author and its text are looked at, whichever brought more in this hour.
    """
    now = road.clock()
    author = tag_counting.author_digest(post.platform, post.author.id, post.author.handle)
    most = floods.arrived(tx, floods.AUTHOR, author, post.key, now)
    words = 0 if post.repost_of else tag_counting.words_digest(post.text)
    if words:
        most = max(most, floods.arrived(tx, floods.WORDS, words, post.key, now))
    return fairness.step_back(most)


def is_blocked(road: Road, tx: Transaction, post: Post) -> bool:
    """Whether the author's posts are set aside just now: stored, but neither looked at nor answered."""
    return author_blocks.is_blocked(tx, post.platform.value, post.author.id, road.clock())


def block(road: Road, author: Post, *, days: int, by: str, why: str) -> Block:
    """Set the posts of this post's author aside for so many days. Raises UsageError, Conflict."""
    if not why.strip():
        raise UsageError("why", "is missing; a block needs a reason that others can read")
    if not 1 <= days <= LONGEST_BLOCK.days:
        raise UsageError("days", f"is {days}; 1 to {LONGEST_BLOCK.days} are possible")
    if not author.author.id:
        raise UsageError(
            "author", "has no lasting id on its platform; leave the name out by the query instead"
        )
    now = road.clock()
    with road.store.transaction() as tx:
        made = author_blocks.put(
            tx, platform=author.platform.value, author_id=author.author.id, handle=author.author.handle,
            why=why.strip(), by=by, at=now, expires_at=now + timedelta(days=days),
        )  # fmt: skip
        audit.write(tx, now, by, "author.blocked", str(made.number), days=days)
    return made


def unblock(road: Road, number: int, *, by: str, why: str) -> int:
    """End a block; what came meanwhile (so many posts) is looked at now. Raises UsageError, StoreError."""
    if not why.strip():
        raise UsageError("why", "is missing; say why the block ends")
    with road.store.transaction() as tx:
        return _end(road, tx, number, by=by, why=why.strip())


def lapse(road: Road) -> None:
    """Blocks whose time is over end by themselves."""
    with road.store.reading() as tx:
        due = author_blocks.expired(tx, road.clock())
    for each in due:
        with road.store.transaction() as tx:
            _end(road, tx, each.number, by="homeward", why="its time was over")


def _end(road: Road, tx: Transaction, number: int, *, by: str, why: str) -> int:
    now = road.clock()
    ended = author_blocks.end(tx, number, by=by, why=why, at=now)
    keys = author_blocks.posts_of(tx, ended)
    for key in keys:
        road.engine.enqueue(tx, Stage.LOOK, key, priority=-10)
    audit.write(tx, now, by, "author.unblocked", str(number), posts=len(keys))
    return len(keys)
