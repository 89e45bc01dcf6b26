"""Sightings whose face vectors people keep beyond the usual days: who, why, until when; ended at any time.

How long is decided by bot/pipeline/templates.py; whether at all by the post's permit, which is asked here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.pipeline import match, templates
from bot.pipeline.road import Road
from store import audit, kept_open, posts, veils
from store.db import Transaction
from store.errors import Missing, NotAllowed, UsageError
from store.kept_open import KeptOpen
from store.records.work import Stage

LEAST_REASON = 4


def keep(road: Road, post_key: str, *, by: str, why: str, until: datetime) -> KeptOpen:
    """Keep the face vectors of a sighting until a moment; where they are gone already they are made again.

    Raises Missing for a post that is not there or not for everybody, NotAllowed where its permit forbids a
    comparison, UsageError without a reason or with a moment that is over or too far away.
    """
    now, longest = road.clock(), timedelta(days=road.rules.keep_open_days)
    if len(why.strip()) < LEAST_REASON:
        raise UsageError("why", "is missing; say why this sighting has to stay open")
    if not now < until <= now + longest:
        raise UsageError(
            "until", f"is no moment within the next {longest.days} days, the most that is allowed"
        )
    with road.store.transaction() as tx:
        _check(tx, post_key)
        if not match.may_be_compared(road, tx, post_key):
            raise NotAllowed(post_key, "may not be compared, so no face vector of it may be kept")
        kept = KeptOpen(post_key, by, why.strip(), now, until)
        kept_open.put(tx, kept)
        if not templates.set_ends(road, tx, _photos(tx, post_key)):
            road.engine.enqueue(tx, Stage.LOOK, post_key)
        audit.write(tx, now, by, "sighting.kept_open", post_key, until=until.isoformat(), why=kept.why)
    return kept


def give_back(road: Road, post_key: str, *, by: str) -> None:
    """Keep it open no longer: its vectors end when they would have. Raises Missing if it was not kept."""
    with road.store.transaction() as tx:
        if not kept_open.drop(tx, post_key):
            raise Missing(post_key, "is not kept open; `run_bot.py faces kept` lists what is")
        templates.set_ends(road, tx, _photos(tx, post_key))
        audit.write(tx, road.clock(), by, "sighting.given_back", post_key)


def listing(road: Road) -> list[KeptOpen]:
    """What is kept open, the next to end first; without posts that are for few people alone."""
    with road.store.reading() as tx:
        now = road.clock()
        kept = [each for each in kept_open.listing(tx) if each.until > now]
        return [each for each in kept if not veils.kinds_of(tx, each.post_key)]


def _check(tx: Transaction, post_key: str) -> None:
    veils.check(tx, post_key)
    if not posts.stands(tx, post_key):
        raise Missing(post_key, "is not a post that stands here")


def _photos(tx: Transaction, post_key: str) -> list[str]:
    return list(dict.fromkeys(row.photo for row in posts.media_of(tx, post_key) if row.photo))
