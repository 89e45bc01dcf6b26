"""The round of forgetting: what an ended permission, a platform's limit or a hold lets nobody keep any more.

Deletions that a platform reports are honoured at once (bot/pipeline/ingest.py); this is what the clock
alone brings about. Each round says in the audit how much went.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.pipeline import asking, guarding, holding, ingest, models, templates
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import permit
from store import audit, counters, early, life, matches, photos, posts, rechecks, veils
from store.db import Transaction
from store.records.permit import Use
from store.records.post import Gone, Post
from store.steps import step

log = structlog.get_logger(__name__)

EMPTIED = "ended:log"
"""Up to which number of tombstones the database's log was emptied."""
AT_ONCE = 100
MOST_BATCHES = 50
DELETED, REDUCED, FACES = "ended:posts", "ended:reduced", "ended:faces"
"""Counters: posts deleted since they may be kept no longer, posts reduced, faces (with vectors) forgotten."""


@dataclass(slots=True)
class Forgotten:
    """What one round forgot."""

    posts: int = 0
    reduced: int = 0
    faces: int = 0
    vectors: int = 0
    copies: int = 0
    early: int = 0
    authors: int = 0

    def of_posts(self) -> dict[str, int]:
        """What went of posts, by name."""
        names = ("posts", "reduced", "faces", "vectors", "copies")
        return {name: getattr(self, name) for name in names}

    @property
    def is_any(self) -> bool:
        """Whether anything of a post went."""
        return any(self.of_posts().values())


def kept_since(road: Road, now: datetime) -> dict[str, datetime]:
    """Since when posts of a platform have to have been received to be kept, where it sets a limit."""
    limits = {name: policy.keep_days for name, policy in road.rules.policies.items()}
    return {name: now - timedelta(days=days) for name, days in limits.items() if days is not None}


def forget(road: Road, _active: Mapping[str, Source] | None = None) -> Forgotten:
    """Do what is due: ended permissions, storage limits, holds, what is remembered only for a time."""
    done = Forgotten(copies=holding.end_due(road))
    done.vectors = templates.forget_due(road) + models.forget_former(road)
    for _ in range(MOST_BATCHES):
        if not _batch(road, done):
            break
    now = road.clock()
    with road.store.transaction() as tx:
        done.early = early.prune(tx, before=now - road.keep.early, most=road.keep.early_most)
        done.authors = veils.drop_young(tx, before=now - road.keep.young_author)
        guarding.say_if_nobody(road, tx)
        if done.is_any:
            audit.write(tx, now, "homeward", "forget.round", "due", **done.of_posts())
    if done.is_any:
        log.info("forgotten", **done.of_posts())
    _empty_log(road, at_once=bool(done.copies or done.vectors))
    return done


def _empty_log(road: Road, *, at_once: bool) -> None:
    """After deletions, what was deleted goes out of the database's log too; tried again while it is read."""
    with road.store.reading() as tx:
        wiped, emptied = rechecks.tombstones(tx), counters.value(tx, EMPTIED)
    if (wiped != emptied or at_once) and road.store.empty_log():
        with road.store.transaction() as tx:
            counters.add(tx, EMPTIED, wiped - emptied)


def _batch(road: Road, done: Forgotten) -> bool:
    """Some of what is due, in one transaction. False when nothing was."""
    now = road.clock()
    with road.store.transaction() as tx:
        keys = life.due(tx, now, kept_since(road, now), most=AT_ONCE)
        before = (done.posts, done.reduced, done.faces)
        for key in keys:
            _end(road, tx, posts.get(tx, key), done)
        for name, was, total in zip(
            (DELETED, REDUCED, FACES), before, (done.posts, done.reduced, done.faces), strict=True
        ):
            if total > was:
                counters.add(tx, name, total - was)
        step("forget.before_commit")
    return bool(keys)


def _end(road: Road, tx: Transaction, post: Post, done: Forgotten) -> None:
    """Reduce one post to what may be done with it today: gone as a whole, or without faces and vectors."""
    bound = asking.platform_permit_of(road, post)
    if not bound.may_store:
        why = f"may not be kept any more: {permit.not_kept_rule(bound)}"
        ingest.take_gone(road, tx, Gone(post.key, post.platform, why, road.clock()))
        done.posts += 1
        return
    allowed = asking.permit_of(road, tx, post)
    posts.set_permit(tx, post.key, allowed)
    done.reduced += 1
    for digest in dict.fromkeys(row.photo for row in posts.media_of(tx, post.key) if row.photo):
        joined, copies = asking.permit_of_photo(road, tx, photos.get(tx, digest), post)
        if not joined.may_match:
            words = asking.refusal(joined, Use.MATCH)
            for copy in copies:
                matches.withdraw_of_photo(tx, copy, words)
                done.faces += photos.drop_faces(tx, copy)
