"""Reading the platforms: polls that the schedule puts into the queue, streams in threads of their own.

Each page goes through `ingest.take_page`, cursor and posts together, with what the ledger says of it.
A failing source backs off by itself and disturbs no other; what it waits for stands in its health row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import structlog

from bot.pipeline import ingest, ledger, renewed, schedule
from bot.pipeline.road import Road
from bot.pipeline.source import MENTIONS, SEPARATOR, stream_notice
from bot.pipeline.source import Source as Source
from bot.pipeline.source import job_key as job_key
from bot.pipeline.source import stream_tag as stream_tag
from collectors.base import NotSupported
from store import campaign, sources
from store.db import Transaction
from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError
from store.records.campaign import SourceHealth, SourceState
from store.records.page import Budget, Page, TagQuery
from store.records.work import Job, Stage
from store.steps import step

log = structlog.get_logger(__name__)

PAGES_A_POLL = 50
PERSON_PAUSE = timedelta(minutes=15)
MENTIONS_PAUSE = timedelta(hours=1)


def enqueue_poll(road: Road, tx: Transaction, source: str, tag: str) -> None:
    """Ask for one poll; asked twice before it ran, it runs once."""
    road.engine.enqueue(tx, Stage.COLLECT, job_key(source, tag), priority=schedule.POLL_PRIORITY)


def poll(road: Road, active: Mapping[str, Source], job: Job) -> None:
    """Read what is new for one source and tag, page by page, until the platform has no more."""
    name, _, tag = job.key.partition(SEPARATOR)
    source = active.get(name)
    query = next((q for q in source.queries if q.tag == tag), None) if source else None
    now = road.clock()
    with road.store.reading() as tx:
        health = sources.health(tx, name)
    if source is None or (query is None and tag != MENTIONS):
        _done(road, job)  # The campaign no longer asks for it.
        return
    if health is not None and health.next_try_at is not None and health.next_try_at > now:
        with road.store.transaction() as tx:
            road.engine.postpone(tx, job, health.next_try_at)
        return
    try:
        with source.lock:
            _read_on(road, source, tag, query, health)
    except NotSupported as error:
        schedule.switch_off(road, name, tag, str(error))
    except SourceError as error:
        if tag == MENTIONS and isinstance(error, NeedsPerson | BadPayload):
            _without_mentions(road, name, error)  # Its hashtags can be read all the same.
        else:
            failed(road, source, error)  # The schedule asks again; the health row says from when on.
    _done(road, job)


def _without_mentions(road: Road, name: str, error: SourceError) -> None:
    """Mentions rest for a while and the operator is told; the source itself is well."""
    schedule.rest(road, name, MENTIONS, MENTIONS_PAUSE, error.detail)
    words = f"{name}: posts that name us cannot be read: {error.detail}"
    with road.store.transaction() as tx:
        campaign.notice(tx, f"{MENTIONS}:{name}", words, road.clock())


def _read_on(
    road: Road, source: Source, tag: str, query: TagQuery | None, before: SourceHealth | None
) -> None:
    """Pages until none is left, or a bounded number: the clock comes again. Each moves the cursor."""
    started, page, new, has_gap = road.clock(), Page(), 0, False
    for _ in range(PAGES_A_POLL):
        with road.store.reading() as tx:
            cursor = sources.cursor(tx, source.name, tag)
        collector = source.collector
        page = collector.mentions(cursor) if query is None else collector.poll(query, cursor)
        step("collect.page_read")

        def proven(tx: Transaction, taken: ingest.Taken, page: Page = page) -> None:
            ledger.counted(tx, road, source, tag, page, taken.new)
            well(road, tx, source, page.budget, brought=bool(taken.new), behind_s=None if page.more else 0.0)

        new += len(ingest.take_page(road, source.name, tag, page, within=proven).new)
        has_gap = has_gap or page.gap is not None
        if not page.more:
            break
    with road.store.transaction() as tx:
        if tag == MENTIONS:
            campaign.notice(tx, f"{MENTIONS}:{source.name}", "", started)
        if not page.more:
            ledger.walked(tx, road, source, tag, page.complete_until or started, before)
        schedule.polled(tx, road, source, tag, started=started, new=new, unread=page.more or has_gap)


def follow(road: Road, source: Source, stop: Event) -> None:
    """Follow a stream until it ends or `stop` is set; each page is committed before the next is read.

    Raises SourceError when the connection fails; the caller backs off by `pause_after`.
    """
    tag, since = stream_tag(source.queries), road.clock()
    with road.store.reading() as tx:
        cursor = sources.cursor(tx, source.name, tag)
    for page in source.collector.follow(source.queries, cursor, stop):
        step("collect.stream_page_read")
        until = page.complete_until or road.clock()
        first = page.gap.span.end if page.gap is not None else since

        def proven(
            tx: Transaction,
            taken: ingest.Taken,
            page: Page = page,
            until: datetime = until,
            first: datetime = first,
        ) -> None:
            ledger.counted(tx, road, source, tag, page, taken.new)
            lease = road.leading.number(source.name)
            ledger.streamed(tx, source.name, tag, since=first, until=until, lease=lease)
            behind_s = max(0.0, (road.clock() - until).total_seconds())
            well(road, tx, source, page.budget, brought=bool(taken.new), behind_s=behind_s)

        ingest.take_page(road, source.name, tag, page, live=True, within=proven)
        if stop.is_set():
            return


def well(
    road: Road, tx: Transaction, source: Source, budget: Budget, *, brought: bool, behind_s: float | None
) -> None:
    """Say that the source answered, and pass on what its platform warns of.

    `brought` says whether there was a new post, `behind_s` how far behind now it is, None if that is unknown.
    """
    now, held = road.clock(), sources.health(tx, source.name)
    last = now if brought else (held.last_post_at if held else None)
    platform, beside = source.collector.spec.platform.value, _beside(tx, source)
    state = SourceHealth(
        source.name, platform, SourceState.OK, beside, now, last, 0, None,
        behind_s if behind_s is not None else (held.behind_s if held else None),
    )  # fmt: skip
    sources.report(tx, state, None if budget == Budget() else budget)
    words = f"{source.name}: {budget.warning}" if budget.warning else ""
    campaign.notice(tx, f"source:{source.name}", words, now)


def _beside(tx: Transaction, source: Source) -> str:
    """What is wrong with the stream of a source whose polls are well."""
    said = campaign.notices(tx).get(stream_notice(source.name), "") if source.has_both else ""
    return said.removeprefix(f"{source.name}: ")


def in_force(road: Road, active: Mapping[str, Source]) -> None:
    """Say which sources are on: new ones are starting, those that are no longer asked for are off."""
    with road.store.transaction() as tx:
        held = {health.source: health for health in sources.healths(tx)}
        for name, health in held.items():
            if name not in active and health.state is not SourceState.OFF:
                off = replace(health, state=SourceState.OFF, detail="", failures=0, next_try_at=None)
                sources.report(tx, off)
        for name, source in active.items():
            before = held.get(name)
            if before is None:
                platform = source.collector.spec.platform.value
                sources.report(tx, SourceHealth(name, platform, SourceState.STARTING, ""))
            elif before.state is SourceState.OFF:
                sources.report(tx, replace(before, state=SourceState.STARTING))
    renewed.take(road, active)


def failed(road: Road, source: Source, error: SourceError) -> timedelta:
    """Say that the source failed and how long it is left alone."""
    now = road.clock()
    with road.store.transaction() as tx:
        held = sources.health(tx, source.name)
        failures = (held.failures if held else 0) + 1
        pause = pause_after(source, error, failures)
        state = SourceState.NEEDS_PERSON if isinstance(error, NeedsPerson) else SourceState.BACKING_OFF
        ok_at, post_at = (held.last_ok_at, held.last_post_at) if held else (None, None)
        behind = (now - ok_at).total_seconds() if ok_at else None
        platform = source.collector.spec.platform.value
        health = SourceHealth(
            source.name, platform, state, str(error), ok_at, post_at, failures, now + pause, behind
        )
        sources.report(tx, health)
    log.warning(
        "source_failed",
        source=source.name,
        reason=error.detail,
        failures=failures,
        pause_s=pause.total_seconds(),
    )
    return pause


def pause_after(source: Source, error: SourceError, failures: int) -> timedelta:
    """How long to leave a source alone: what it asked for, or its first pause doubled up to the longest."""
    if isinstance(error, RateLimited):
        return max(error.retry_after, timedelta(seconds=1))
    if isinstance(error, NeedsPerson):
        return PERSON_PAUSE
    return min(source.backoff_max, source.backoff_first * int(2 ** min(failures - 1, 16)))


def _done(road: Road, job: Job) -> None:
    with road.store.transaction() as tx:
        road.engine.finish(tx, job)
