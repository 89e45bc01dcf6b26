"""Reading the platforms: polls that the clock puts into the queue, streams that run in their own threads.

Each page goes through `ingest.take_page`, cursor and posts together. A failing source backs off by
itself and disturbs no other; what it waits for stands in its health row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import structlog

from bot.pipeline import ingest
from bot.pipeline.road import Road
from collectors.base import Collector
from store import sources
from store.db import Transaction
from store.errors import NeedsPerson, RateLimited, SourceError
from store.records.campaign import SourceHealth, SourceState
from store.records.page import Budget, Page, TagQuery
from store.records.work import Job, Stage
from store.steps import step

log = structlog.get_logger(__name__)

PAGES_A_POLL = 50
PERSON_PAUSE = timedelta(minutes=15)
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Source:
    """A source that is switched on: its collector, what it is asked for, how often."""

    collector: Collector
    queries: tuple[TagQuery, ...]
    poll_every: timedelta
    backoff_first: timedelta = timedelta(seconds=5)
    backoff_max: timedelta = timedelta(minutes=15)

    @property
    def name(self) -> str:
        """The name in config.yaml."""
        return self.collector.name


def job_key(source: str, tag: str) -> str:
    """The key of a poll job."""
    return f"{source}{SEPARATOR}{tag}"


def enqueue_poll(road: Road, tx: Transaction, source: str, tag: str) -> None:
    """Ask for one poll; asked twice before it ran, it runs once."""
    road.engine.enqueue(tx, Stage.COLLECT, job_key(source, tag), priority=15)


def poll(road: Road, active: Mapping[str, Source], job: Job) -> None:
    """Read what is new for one source and tag, page by page, until the platform has no more."""
    name, _, tag = job.key.partition(SEPARATOR)
    source = active.get(name)
    query = next((q for q in source.queries if q.tag == tag), None) if source else None
    now = road.clock()
    with road.store.reading() as tx:
        health = sources.health(tx, name)
    if source is None or query is None:
        _done(road, job)  # The campaign no longer asks for it.
        return
    if health is not None and health.next_try_at is not None and health.next_try_at > now:
        with road.store.transaction() as tx:
            road.engine.postpone(tx, job, health.next_try_at)
        return
    try:
        _read_on(road, source, query)
    except SourceError as error:
        failed(road, source, error)
        _done(road, job)  # The clock asks again; the health row says from when on.
        return
    _done(road, job)


def _read_on(road: Road, source: Source, query: TagQuery) -> None:
    """Pages until none is left, or a bounded number: the clock comes again. Each moves the cursor."""
    started, newest = road.clock(), None
    page = Page()
    for _ in range(PAGES_A_POLL):
        with road.store.reading() as tx:
            cursor = sources.cursor(tx, source.name, query.tag)
        page = source.collector.poll(query, cursor)
        step("collect.page_read")
        taken = ingest.take_page(road, source.name, query.tag, page)
        if taken.new:
            newest = road.clock()
        if not page.more:
            break
    well(road, source, page.budget, newest=newest, caught_up=not page.more)
    if not page.more:
        with road.store.transaction() as tx:
            sources.extend(
                tx, source.name, query.tag, since=_last_complete(tx, source, query, started), until=started
            )


def _last_complete(tx: Transaction, source: Source, query: TagQuery, started: datetime) -> datetime:
    """From where the span that is now complete reaches: the end of the last complete one, or now."""
    ends = [
        row.span_end
        for row in sources.coverage(tx, source.name)
        if row.tag == query.tag and row.state == "complete"
    ]
    return max(ends, default=started)


def follow(road: Road, source: Source, stop: Event) -> None:
    """Follow a stream until it ends or `stop` is set; each page is committed before the next is read.

    Raises SourceError when the connection fails; the caller backs off by `pause_after`.
    """
    tag = stream_tag(source.queries)
    with road.store.reading() as tx:
        cursor = sources.cursor(tx, source.name, tag)
    for page in source.collector.follow(source.queries, cursor, stop):
        step("collect.page_read")
        taken = ingest.take_page(road, source.name, tag, page)
        well(road, source, page.budget, newest=road.clock() if taken.new else None, caught_up=True)
        if stop.is_set():
            return


def stream_tag(queries: Sequence[TagQuery]) -> str:
    """A stream reads all tags at one place in time: one cursor for all of them."""
    return "*" if queries else ""


def well(road: Road, source: Source, budget: Budget, *, newest: datetime | None, caught_up: bool) -> None:
    """Say that the source answered."""
    now = road.clock()
    with road.store.transaction() as tx:
        held = sources.health(tx, source.name)
        last = newest or (held.last_post_at if held else None)
        state = SourceHealth(
            source.name, source.collector.spec.platform.value, SourceState.OK, "", now, last, 0, None,
            0.0 if caught_up else (held.behind_s if held else None),
        )  # fmt: skip
        sources.report(tx, state, budget)


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
