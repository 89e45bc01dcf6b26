"""The round of retention: what nobody needs any more goes, by the clock and without being asked.

What a platform, an author or a hold says goes before it (bot/pipeline/forgetting.py); what people are at
work on stays (store/retention.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from bot.pipeline import casework, ingest, tag_counting
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from store import audit, campaign_days, posts, retention, tag_marks, tag_posts
from store.db import Transaction
from store.letting_go import NO_USE
from store.records.photo import PhotoState
from store.records.post import Gone
from store.steps import step

log = structlog.get_logger(__name__)

AT_ONCE = 100
MOST_BATCHES = 100
PHOTO_GONE = "kept no longer: nobody found a resemblance"


@dataclass(slots=True)
class Ended:
    """How much one round let go."""

    posts: int = 0
    photos: int = 0
    cases: int = 0
    audit: int = 0

    def counts(self) -> dict[str, int]:
        """By name."""
        return {"posts": self.posts, "photos": self.photos, "cases": self.cases, "audit_rows": self.audit}


def end(road: Road, _active: Mapping[str, Source] | None = None) -> Ended:
    """Let go what is due: posts that are no sightings, photos without a match, closed cases, audit rows."""
    done = Ended()
    for batch in (_posts, _photos, _cases):
        for _ in range(MOST_BATCHES):
            if not _step(road, done, batch):
                break
    with road.store.transaction() as tx:
        done.audit = audit.prune(tx, before=road.clock() - road.keep.audit)
    if any(done.counts().values()):
        with road.store.transaction() as tx:
            audit.write(tx, road.clock(), casework.HOUSE, "retention.round", "due", **done.counts())
        log.info("retention", **done.counts())
    return done


def _step(road: Road, done: Ended, batch: Callable[[Road, Transaction, Ended], int]) -> bool:
    with road.store.transaction() as tx:
        went = batch(road, tx, done)
        step("retention.before_commit")
    return went == AT_ONCE


def _posts(road: Road, tx: Transaction, done: Ended) -> int:
    now = road.clock()
    keys = retention.posts_of_no_use(tx, now, now - road.keep.not_sighting, most=AT_ONCE)
    # Counted to the end before they go: the campaign's numbers stay as they were.
    tag_marks.alone(tx)
    tag_counting.recount(tx, keys)
    campaign_days.bring(tx, keys, road.life.zone, now)
    for key in keys:
        ingest.take_gone(road, tx, Gone(key, posts.get(tx, key).platform, NO_USE, now))
    tag_posts.let_go(tx, keys)
    done.posts += len(keys)
    return len(keys)


def _photos(road: Road, tx: Transaction, done: Ended) -> int:
    now = road.clock()
    digests = retention.photos_of_no_use(tx, now, now - road.keep.photo, most=AT_ONCE)
    for digest in digests:
        for key in retention.posts_showing(tx, digest):
            before = posts.media_of(tx, key)
            for row in before:
                if row.photo == digest:
                    posts.set_media(tx, key, row.position, PhotoState.REFUSED, why=PHOTO_GONE)
                    posts.drop_given(tx, key, row.position)
            ingest.forget_unshown(road, tx, key, before, PHOTO_GONE)
    done.photos += len(digests)
    return len(digests)


def _cases(road: Road, tx: Transaction, done: Ended) -> int:
    ids = retention.cases_of_the_past(tx, road.clock() - road.keep.closed_case, most=AT_ONCE)
    for case_id in ids:
        casework.destroy(road, tx, case_id, by=casework.HOUSE)
    done.cases += len(ids)
    return len(ids)
