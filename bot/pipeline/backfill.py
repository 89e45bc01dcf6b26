"""Reading the past: one span of one source and tag, page by page, each page with its place in one commit.

A job goes on where it was, leaves the present its share of the budget, and says so when a platform
cannot be read back. Decides nothing about posts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.pipeline import ingest, ledger
from bot.pipeline.road import Road
from bot.pipeline.source import MENTIONS, SEPARATOR, STREAM, Source
from bot.rules import pace
from collectors.base import NotSupported
from store import backfills, coverage, sources
from store.backfills import Held
from store.db import Transaction
from store.errors import NeedsPerson, RateLimited
from store.records.coverage import Backfill, BackfillState, Covered, CoverState
from store.records.page import Budget, Gap, Page, Span, TagQuery
from store.records.work import Job
from store.steps import step

log = structlog.get_logger(__name__)

PAGES_A_RUN = 10
BREATH = timedelta(seconds=1)
SHORTEST = timedelta(minutes=2)
OFF_PAUSE = timedelta(minutes=15)
MOST_GAPS_A_ROUND = 50


def span_of(key: str) -> tuple[str, str, Span]:
    """(source, tag, span) of a job's key."""
    source, tag, start, end = key.split(SEPARATOR)
    return source, tag, Span(datetime.fromisoformat(start), datetime.fromisoformat(end))


def fill(road: Road, active: Mapping[str, Source], job: Job) -> None:
    """Read on in the past span that the job names."""
    name, tag, span = span_of(job.key)
    source, now = active.get(name), road.clock()
    with road.store.reading() as tx:
        held = backfills.get(tx, name, tag, span)
        health, budget = sources.health(tx, name), sources.budget(tx, name)
    if held is None or held.backfill.state in (BackfillState.DONE, BackfillState.SPLIT):
        held = Held(Backfill(name, tag, span, changed_at=now))
    if source is None:
        _later(road, job, held, now + OFF_PAUSE, "the source is switched off")
        return
    rests_until = health.next_try_at if health else None
    if rests_until is not None and rests_until > now:
        _later(road, job, held, rests_until, health.detail if health else "")
        return
    waits_until = pace.wait_for_budget(budget or Budget(), now)
    if waits_until is not None:
        _later(road, job, held, waits_until, "the rest of the platform's budget is for the present")
        return
    try:
        _read_back(road, source, job, held)
    except NotSupported as error:
        _impossible(road, source, job, held, str(error))
    except RateLimited as error:
        _later(road, job, _known(road, held), road.clock() + error.retry_after, error.detail)
    except NeedsPerson as error:
        _later(road, job, _known(road, held), road.clock() + OFF_PAUSE, error.detail)


def _parts(source: Source, tag: str) -> list[TagQuery]:
    """What has to be searched for one tag of the ledger: a stream's stands for all hashtags.

    Raises NotSupported for the mentions: no platform can be searched for them.
    """
    if tag == MENTIONS:
        raise NotSupported(f"{source.name}: mentions of the past cannot be searched for")
    if tag == STREAM:
        return [TagQuery(any=(each,)) for each in source.tags]
    query = next((q for q in source.queries if q.tag == tag), None)
    return [query if query is not None else TagQuery(any=tuple(tag.split("|")))]


def _read_back(road: Road, source: Source, job: Job, held: Held) -> None:
    """At most so many pages, then the job lets others go first. The last page ends it."""
    parts = _parts(source, held.backfill.tag)
    for number in range(1, PAGES_A_RUN + 1):
        query = parts[min(held.backfill.part, len(parts) - 1)] if parts else TagQuery()
        with source.lock:
            page = source.collector.search(query, held.backfill.span, held.backfill.cursor)
        step("backfill.page_read")
        next_held, is_over = _after(held, page, len(parts), road.clock())
        is_last = number == PAGES_A_RUN
        written = _Written(road, source, job, next_held, is_over, is_last, page.budget)
        bare = replace(page, cursor=None, gap=None)
        ingest.take_page(road, source.name, query.tag, bare, past=True, within=written.write)
        step("backfill.after_commit")
        held = written.held
        if is_over or is_last:
            return


def _after(held: Held, page: Page, parts: int, now: datetime) -> tuple[Held, bool]:
    """(how far it is with this page, whether that was the last one)."""
    made = held.backfill
    times = [post.written_at for post in page.posts]
    reached = min([*times, *([made.reached] if made.reached else [])], default=None)
    made = replace(made, pages=made.pages + 1, reached=reached, changed_at=now, why="")
    made = replace(made, state=BackfillState.WAITING)
    gaps = (*held.gaps, page.gap) if page.gap is not None else held.gaps
    if page.more:
        stuck = page.cursor is None or page.cursor == made.cursor
        if not stuck:
            return Held(replace(made, cursor=page.cursor or ""), gaps), False
        gaps = (*gaps, Gap(made.span, "the platform said there is more but gave no place to read on"))
    if made.part + 1 < parts:
        return Held(replace(made, part=made.part + 1, cursor="", reached=None), gaps), False
    return Held(replace(made, state=BackfillState.DONE, cursor=""), gaps), True


class _Written:
    """Writes a page's progress in the transaction of its posts, and keeps what was written."""

    def __init__(
        self, road: Road, source: Source, job: Job, held: Held, is_over: bool, is_last: bool, budget: Budget
    ) -> None:
        self.held = held
        self._road, self._source, self._job = road, source, job
        self._is_over, self._is_last, self._budget = is_over, is_last, budget

    def write(self, tx: Transaction, taken: ingest.Taken) -> None:
        """Called by the page's own transaction."""
        made, road = self.held.backfill, self._road
        seen = made.posts + len(taken.stored)
        self.held = replace(self.held, backfill=replace(made, posts=seen, new=made.new + len(taken.new)))
        backfills.put(tx, self.held)
        step("backfill.half_written")
        health = sources.health(tx, self._source.name)
        if health is not None and self._budget != Budget():
            sources.report(tx, health, self._budget)
        if self._is_over:
            _close(road, tx, self.held)
            road.engine.finish(tx, self._job)
        elif self._is_last:
            road.engine.postpone(tx, self._job, road.clock() + BREATH)


def _close(road: Road, tx: Transaction, held: Held) -> None:
    """The span was read to its end: it is complete but for the gaps that the answers named.

    A gap over most of the span is a cap that was hit: it is read again in two halves. One that is too
    short to be halved is lost.
    """
    made = held.backfill
    coverage.paint(tx, made.source, made.tag, made.span, CoverState.COMPLETE)
    for gap in held.gaps:
        span = Span(max(gap.span.start, made.span.start), min(gap.span.end, made.span.end))
        if span.end <= span.start:
            continue
        smaller = [span] if _length(span) <= _length(made.span) / 2 else _halves(span)
        if not gap.recoverable or not smaller:
            coverage.paint(tx, made.source, made.tag, span, CoverState.LOST, gap.why)
            continue
        coverage.paint(tx, made.source, made.tag, span, CoverState.GAP, gap.why)
        for part in smaller:
            ledger.ask(road, tx, made.source, made.tag, part, by=made.asked_by)
        split = replace(made, state=BackfillState.SPLIT, why=gap.why)
        backfills.put(tx, replace(held, backfill=split))


def _length(span: Span) -> timedelta:
    return span.end - span.start


def _halves(span: Span) -> list[Span]:
    return [Span(start, end) for start, end in pace.halves(span.start, span.end, SHORTEST)]


def _known(road: Road, held: Held) -> Held:
    """How far it really is: pages before the one that failed are committed."""
    made = held.backfill
    with road.store.reading() as tx:
        return backfills.get(tx, made.source, made.tag, made.span) or held


def _later(road: Road, job: Job, held: Held, until: datetime, why: str) -> None:
    """Not now: the job waits, says why, and has not failed."""
    with road.store.transaction() as tx:
        made = replace(held.backfill, why=why, changed_at=road.clock(), state=BackfillState.WAITING)
        backfills.put(tx, replace(held, backfill=made))
        road.engine.postpone(tx, job, until)


def _impossible(road: Road, source: Source, job: Job, held: Held, why: str) -> None:
    """This source cannot be read back. What its look-back has left behind is lost, the rest stays open."""
    made, lookback = held.backfill, source.collector.spec.lookback
    with road.store.transaction() as tx:
        ended = replace(made, state=BackfillState.IMPOSSIBLE, why=why, changed_at=road.clock())
        backfills.put(tx, replace(held, backfill=ended))
        if lookback is not None:
            over = Span(made.span.start, min(made.span.end, road.clock() - lookback))
            hours = lookback.total_seconds() / 3600
            words = f"older than the {hours:g} h that the platform still gives; {why}"
            coverage.restate(
                tx, made.source, made.tag, over, was=CoverState.GAP, state=CoverState.LOST, why=words
            )
        step("backfill.before_commit")
        road.engine.finish(tx, job)


def sweep(road: Road, active: Mapping[str, Source]) -> int:
    """See that every open gap of the active sources is asked for; gives how many are open."""
    with road.store.reading() as tx:
        open_gaps = [row for row in coverage.rows(tx, state=CoverState.GAP) if row.source in active]
        waiting = backfills.listing(tx, state=BackfillState.WAITING)
    for gap in open_gaps[:MOST_GAPS_A_ROUND]:
        if any(_covers(asked, gap) for asked in waiting):
            continue  # A longer span that is being read covers it.
        with road.store.transaction() as tx:
            ledger.ask(road, tx, gap.source, gap.tag, gap.span, by="homeward")
    return len(open_gaps)


def _covers(asked: Backfill, gap: Covered) -> bool:
    is_longer = asked.span != gap.span
    starts, ends = asked.span.start <= gap.span.start, gap.span.end <= asked.span.end
    return is_longer and starts and ends and (asked.source, asked.tag) == (gap.source, gap.tag)
