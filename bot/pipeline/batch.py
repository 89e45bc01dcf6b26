"""Checking all stored posts of a source by one long job of its platform, where it offers that. Reads no post.

Deletions reach every copy as always (bot/pipeline/ingest.py). Where the job stands is kept among the
cursors of its source, so that a new process goes on with it; a whole round begins every so many hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.pipeline import ingest
from bot.pipeline.road import Road
from bot.pipeline.source import SEPARATOR, Source, job_key
from collectors.base import ChecksInBatch
from store import campaign, posts, rechecks, sources
from store.codec import from_text, to_text
from store.db import Transaction
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, StoreError
from store.records.page import Page
from store.records.work import Job, Stage
from store.steps import step

log = structlog.get_logger(__name__)

TAG = "@batch"
KEY_ENDS_WITH = SEPARATOR + TAG
MOST_POSTS = 50_000
LOOK_AGAIN = timedelta(seconds=60)
AFTER_TROUBLE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a round is. `after`: the key up to which its jobs are done; `upto`: that of the present one.

    `cursor` is the collector's own; `begun`: when the round began, `job_begun`: when its present job did;
    `due`: when the next step is.
    """

    begun: datetime
    job_begun: datetime
    due: datetime
    is_over: bool = False
    after: str = ""
    upto: str = ""
    cursor: str = ""


def ask(road: Road, active: Mapping[str, Source]) -> int:
    """Put a step of each source whose round is due or under way into the queue; gives how many."""
    asked = 0
    for source in active.values():
        every = _every(source)
        if every is None:
            continue
        with road.store.transaction() as tx:
            held = _load(tx, source)
            if held is None or not held.is_over or held.begun + every <= road.clock():
                due = held.due if held is not None and not held.is_over else None
                road.engine.enqueue(tx, Stage.RECHECK, job_key(source.name, TAG), not_before=due)
                asked += 1
    return asked


def look(road: Road, active: Mapping[str, Source], job: Job) -> None:
    """One step of one source's round; the job comes back until the round is over."""
    source, now = active.get(job.key.removesuffix(KEY_ENDS_WITH)), road.clock()
    every = _every(source) if source is not None else None
    held = _at_work(road, source, every) if source is not None and every is not None else None
    if source is None or held is None:
        with road.store.transaction() as tx:
            road.engine.finish(tx, job)
        return
    if held.due > now:
        _wait(road, source, held, job, held.due)
        return
    try:
        _step(road, source, held, job)
    except (NeedsPerson, BadPayload) as error:
        _rest(road, source, job, error)
    except SourceError as error:
        pause = error.retry_after if isinstance(error, RateLimited) else AFTER_TROUBLE
        log.info("batch_waits", source=source.name, reason=error.detail)
        _wait(road, source, held, job, now + max(pause, timedelta(seconds=1)))


def _wait(road: Road, source: Source, held: Standing, job: Job, until: datetime) -> None:
    with road.store.transaction() as tx:
        _save(road, tx, source, replace(held, due=until), road.clock())
        road.engine.postpone(tx, job, until)


def _at_work(road: Road, source: Source, every: timedelta) -> Standing | None:
    """Where the round stands, a new one where one is due, None where none is."""
    now = road.clock()
    with road.store.reading() as tx:
        held = _load(tx, source)
    if held is None:
        return Standing(now, now, now)
    if held.is_over:
        return Standing(now, now, now) if held.begun + every <= now else None
    if held.cursor and held.job_begun + every < now:
        log.warning("batch_given_up", source=source.name, begun=held.job_begun.isoformat())
        return Standing(now, now, now)
    return held


def _step(road: Road, source: Source, held: Standing, job: Job) -> None:
    collector, platform = source.collector, source.collector.spec.platform.value
    assert isinstance(collector, ChecksInBatch)
    with road.store.reading() as tx:
        listed = rechecks.stored(tx, platform, after=held.after, most=MOST_POSTS)
    with source.lock:
        page = collector.check_batch([native_id for _, native_id in listed], held.cursor)
    step("batch.asked")
    now = road.clock()
    after = _moved(held, page, listed, now)
    with road.store.reading() as tx:
        gone = _gone(tx, platform, page)

    def note(tx: Transaction, taken: ingest.Taken) -> None:
        _save(road, tx, source, after, now)
        for post in page.posts:
            if posts.withdraw_place(tx, post):
                road.engine.enqueue(tx, Stage.PLACE, post.key)
        campaign.notice(tx, f"batch:{source.name}", "", now)
        if after.is_over:
            road.engine.finish(tx, job)
        else:
            road.engine.postpone(tx, job, after.due)
        step("batch.half_written")

    ingest.take_page(road, source.name, TAG, replace(gone, set_aside=page.set_aside), within=note)
    if not page.more:
        log.info("batch_checked", source=source.name, gone=len(gone.gone), changed=len(page.posts))


def _moved(held: Standing, page: Page, listed: list[tuple[str, str]], now: datetime) -> Standing:
    """The round after a step. Posts may come between the steps, so the least that was listed counts."""
    if page.more:
        last = listed[-1][0] if listed else held.after
        begun = held.job_begun if held.cursor else now
        upto = min(held.upto, last) if held.upto else last
        cursor, due = page.cursor or "", now + LOOK_AGAIN if held.cursor else now
        return replace(held, cursor=cursor, job_begun=begun, upto=upto, due=due)
    # Where fewer were left than a job takes, nothing of this round comes behind them.
    is_over = len(listed) < MOST_POSTS
    return replace(held, cursor="", after=held.upto or held.after, upto="", is_over=is_over, due=now)


def _gone(tx: Transaction, platform: str, page: Page) -> Page:
    """What is gone, under the keys by which it is stored: an edited post is known by its last id."""
    natives = {item.key.partition(":")[2]: item for item in page.gone}
    keys = rechecks.keys_of(tx, platform, list(natives))
    return Page(gone=tuple(replace(natives[native], key=key) for native, key in keys.items()))


def _rest(road: Road, source: Source, job: Job, error: SourceError) -> None:
    """People are told; the next round tries again. Look-ups by id go on meanwhile."""
    now = road.clock()
    log.warning("batch_failed", source=source.name, reason=error.detail)
    words = f"{source.name}: stored posts cannot be checked by a job of the platform: {error.detail}"
    with road.store.transaction() as tx:
        campaign.notice(tx, f"batch:{source.name}", words, now)
        _save(road, tx, source, Standing(now, now, now, is_over=True), now)
        road.engine.finish(tx, job)


def _every(source: Source) -> timedelta | None:
    return source.collector.batch_every if isinstance(source.collector, ChecksInBatch) else None


def _load(tx: Transaction, source: Source) -> Standing | None:
    text = sources.cursor(tx, source.name, TAG)
    try:
        return from_text(Standing, text, subject=source.name) if text else None
    except StoreError:
        return None  # Written by another version: the round begins anew.


def _save(road: Road, tx: Transaction, source: Source, held: Standing, at: datetime) -> None:
    lease = road.leading.number(source.name)
    sources.set_cursor(tx, source.name, TAG, to_text(held), at, lease=lease)
