"""Looking again at posts that people were shown: still there, edited, gone? One source at a time.

A deletion reaches every copy at once (bot/pipeline/ingest.py); an edit becomes a version. Only posts of
standing matches are asked for: all others are forgotten by what the platforms report themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from bot.pipeline import batch as batches
from bot.pipeline import ingest
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import pace
from collectors.base import KnowsByAddress, NotSupported
from store import campaign, imports, posts, rechecks, sources
from store.db import Transaction
from store.errors import BadPayload, SourceError
from store.rechecks import Due
from store.records.page import Budget, Page
from store.records.post import Gone, Post
from store.records.work import Job, Stage
from store.steps import step

log = structlog.get_logger(__name__)

AT_ONCE = 100
BREATH = timedelta(seconds=2)
NOTICE_DAYS = 7
STANDS, EDITED, GONE, UNSEEN = "stands", "edited", "gone", "not shown here, but elsewhere"
UNASKED = "cannot be asked for here"


def ask(road: Road, active: Mapping[str, Source]) -> int:
    """Put a look at each source that has posts due into the queue; gives how many sources that are."""
    asked = 0
    for source in active.values():
        with road.store.transaction() as tx:
            if _due(tx, source, road.clock(), most=1):
                road.engine.enqueue(tx, Stage.RECHECK, source.name, priority=0)
                asked += 1
    with road.store.transaction() as tx:
        before = road.clock() - timedelta(days=NOTICE_DAYS)
        campaign.drop_notices(tx, "gone:", before=before)
    return asked


def look(road: Road, active: Mapping[str, Source], job: Job) -> None:
    """Look up the posts of one source that are due, a batch at a time."""
    if job.key.endswith(batches.KEY_ENDS_WITH):
        batches.look(road, active, job)
        return
    source, now = active.get(job.key), road.clock()
    if source is None:
        _done(road, job)
        return
    with road.store.reading() as tx:
        health, budget = sources.health(tx, source.name), sources.budget(tx, source.name)
        batch = _due(tx, source, now, most=AT_ONCE)
    batch = _askable(road, source, batch)
    rests_until = health.next_try_at if health else None
    waits_until = pace.wait_for_budget(budget or Budget(), now)
    later = max((moment for moment in (rests_until, waits_until) if moment), default=now)
    if later > now:
        with road.store.transaction() as tx:
            road.engine.postpone(tx, job, later)
        return
    if batch:
        try:
            with source.lock:
                found = source.collector.lookup([item.native_id for item in batch])
        except NotSupported:
            batch, found = [], []
        step("recheck.looked_up")
        _take(road, active, source, batch, _by_post(source, batch, found))
    with road.store.transaction() as tx:
        if len(batch) < AT_ONCE:
            road.engine.finish(tx, job)
        else:
            road.engine.postpone(tx, job, road.clock() + BREATH)
        step("recheck.before_commit")


def _due(tx: Transaction, source: Source, now: datetime, *, most: int) -> list[Due]:
    """Posts that the source delivered; then those of its platform that came in files alone."""
    before = now - source.recheck_every
    found = rechecks.due(tx, source.name, before, most=most)
    left = most - len(found)
    platform = source.collector.spec.platform.value
    return found + (rechecks.due_imports(tx, source.name, platform, before, most=left) if left else [])


def _askable(road: Road, source: Source, batch: Sequence[Due]) -> list[Due]:
    """The posts with the ids by which this source knows them; whom it cannot know waits at the end."""
    askable: list[Due] = []
    for due in batch:
        ident = due.native_id
        if due.source == imports.SOURCE and isinstance(source.collector, KnowsByAddress):
            ident = source.collector.id_of(due.post_key, ident)
        if ident:
            askable.append(replace(due, native_id=ident))
            continue
        with road.store.transaction() as tx:
            rechecks.note(tx, due.post_key, source.name, road.clock(), UNASKED)
    return askable


def _by_post(source: Source, batch: Sequence[Due], found: Sequence[Post | Gone]) -> dict[str, Post | Gone]:
    """What was found, by the post that was asked for, in its order: a Gone may know only its server's id."""
    if len(found) != len(batch):
        words = f"a lookup of {len(batch)} posts gave {len(found)} answers"
        raise BadPayload(source.name, words)
    pairs = zip(batch, found, strict=True)
    return {due.post_key: item for due, item in pairs}


def _take(
    road: Road,
    active: Mapping[str, Source],
    source: Source,
    batch: Sequence[Due],
    found: Mapping[str, Post | Gone],
) -> None:
    """One page for each way by which the posts were delivered, so that nothing new is observed.

    A post that came in a file stays one of that file: that we looked it up makes it no find of the source.
    """
    by_way: dict[tuple[str, str], list[Due]] = defaultdict(list)
    for due in batch:
        by_way[due.source, due.tag].append(due)
    for (delivered_by, tag), dues in by_way.items():
        items = [found[due.post_key] for due in dues]
        results = {
            due.post_key: _result(road, active, source, due, item)
            for due, item in zip(dues, items, strict=True)
        }
        gone = [
            replace(item, key=due.post_key)
            for due, item in zip(dues, items, strict=True)
            if isinstance(item, Gone) and results[due.post_key] == GONE
        ]
        standing = tuple(item for item in items if isinstance(item, Post))

        def note(tx: Transaction, taken: ingest.Taken, results: dict[str, str] = results) -> None:
            for key, result in results.items():
                rechecks.note(tx, key, source.name, road.clock(), EDITED if key in taken.new else result)
            step("recheck.half_written")

        with road.store.transaction() as tx:
            for post in standing:
                _take_signs(road, tx, post)
        page = Page(posts=standing, gone=tuple(gone))
        ingest.take_page(road, delivered_by, tag, page, within=note)
        log.info("rechecked", source=source.name, posts=len(standing), gone=len(gone))


def _take_signs(road: Road, tx: Transaction, post: Post) -> None:
    """An author may have asked to be left alone since: then the photos are looked at under a new permit.

    A place that its author took back goes as well.
    """
    if post.geotag is None and post.place_tag is None and posts.withdraw_place(tx, post):
        road.engine.enqueue(tx, Stage.PLACE, post.key, priority=0)
    if posts.set_signs(tx, post.key, post.author.signs):
        road.engine.enqueue(tx, Stage.LOOK, post.key, priority=0)


def _result(road: Road, active: Mapping[str, Source], source: Source, due: Due, item: Post | Gone) -> str:
    """A federated post that one server no longer shows may only be hidden there: the others are asked.

    The word of the server where it was written is enough.
    """
    if isinstance(item, Post):
        return STANDS
    if is_of_origin(item, due.post_key):
        return GONE
    with road.store.reading() as tx:
        seen = posts.observations_of(tx, due.post_key)
    asked = {source.name}
    for other in seen:
        witness = active.get(other.source)
        if witness is None or other.source in asked or not other.native_id:
            continue
        asked.add(other.source)
        try:
            with witness.lock:
                (answer,) = witness.collector.lookup([other.native_id])
        except (SourceError, NotSupported, ValueError) as error:
            log.info("witness_silent", source=other.source, reason=type(error).__name__)
            continue
        if isinstance(answer, Post):
            return UNSEEN
    return GONE


def is_of_origin(gone: Gone, post_key: str) -> bool:
    """Whether the answering server (`mastodon:HOST#ID`) is the one in the post's own address."""
    host = gone.key.partition(":")[2].partition("#")[0]
    return host == urlsplit(post_key.partition(":")[2]).netloc.lower()


def _done(road: Road, job: Job) -> None:
    with road.store.transaction() as tx:
        road.engine.finish(tx, job)
