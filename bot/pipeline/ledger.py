"""What a reading proves: the coverage ledger and the hourly counts, written with the posts. Reads nothing.

A span is complete only when it was read to its end; what a platform could not give is an open gap,
which is asked for again by itself, or lost.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from bot.pipeline.road import Road
from bot.pipeline.source import SEPARATOR, STREAM, Source
from collectors.hashtags import normalise
from store import backfills, campaign, coverage, hourly, sources
from store.db import Transaction
from store.records.campaign import SourceHealth
from store.records.coverage import Backfill, CoverState
from store.records.page import Gap, Page, Span
from store.records.work import Stage

BEFORE_FIRST = "before the first reading of this hashtag"
BACKFILL_PRIORITY = -5
_INSTANT = timedelta(microseconds=1)  # a first reading proves no time, yet the next one begins there


def backfill_key(source: str, tag: str, span: Span) -> str:
    """The key of the job that reads a past span."""
    return SEPARATOR.join((source, tag, span.start.isoformat(), span.end.isoformat()))


def take_gap(road: Road, tx: Transaction, source: str, tag: str, gap: Gap) -> None:
    """Keep what a page says is missing; what can still be had is asked for."""
    if gap.recoverable:
        coverage.paint(tx, source, tag, gap.span, CoverState.GAP, gap.why)
        ask(road, tx, source, tag, gap.span, by="homeward")
    else:
        coverage.paint(tx, source, tag, gap.span, CoverState.LOST, gap.why)


def ask(road: Road, tx: Transaction, source: str, tag: str, span: Span, *, by: str) -> None:
    """Put the reading of a past span into the queue; asked twice it is read once, from where it is."""
    if span.end <= span.start:
        return
    backfills.ask(tx, Backfill(source, tag, span, asked_by=by, changed_at=road.clock()))
    key = backfill_key(source, tag, span)
    road.engine.enqueue(tx, Stage.BACKFILL, key, priority=BACKFILL_PRIORITY)


def walked(
    tx: Transaction, road: Road, source: Source, tag: str, until: datetime, before: SourceHealth | None
) -> None:
    """A poll has read everything up to `until`: from the last such moment on, what is not known as a gap.

    What an outage left beyond the platform's look-back is lost. `before` is how the source was doing
    until then. Of a hashtag that is read for the first time, the campaign's past is an open gap.
    """
    known = sources.read_until(tx, source.name, tag)
    lease = road.leading.number(source.name)
    sources.set_read_until(tx, source.name, tag, until, road.clock(), lease=lease)
    if known is None:
        _begin(road, tx, source, tag, until)
        coverage.fill(tx, source.name, tag, Span(until - _INSTANT, until))
        return
    lookback = source.collector.spec.lookback
    if lookback is not None and known < until - lookback:
        why = f"{_trouble(before)}; the platform gives only the last {lookback.total_seconds() / 3600:g} h"
        coverage.fill(tx, source.name, tag, Span(known, until - lookback), CoverState.LOST, why)
    coverage.fill(tx, source.name, tag, Span(known, until))


def streamed(
    tx: Transaction, source: str, tag: str, *, since: datetime, until: datetime, lease: int | None = None
) -> None:
    """A stream has brought everything up to `until`; the first span of all begins at `since`."""
    known = sources.read_until(tx, source, tag)
    sources.set_read_until(tx, source, tag, until, until, lease=lease)
    coverage.fill(tx, source, tag, Span(known if known is not None else min(since, until - _INSTANT), until))


def counted(tx: Transaction, road: Road, source: Source, tag: str, page: Page, new: Collection[str]) -> None:
    """Count new posts for the comparison with the past, of the source and of each hashtag that was read.

    `new` are the keys of those posts of the page that were not known. Zero says that it was read.
    """
    read = source.tags if tag == STREAM else [each for each in source.tags if each in (tag, *tag.split("|"))]
    found = dict.fromkeys(read, 0)
    spelt = {normalise(each): each for each in source.tags}
    for post in page.posts:
        if post.key in new:
            carried = {spelt[name] for name in map(normalise, post.hashtags) if name in spelt}
            # What a platform finds for a hashtag counts for it, wherever it stands.
            for each in carried | (set(read) if len(read) == 1 else set()):
                found[each] = found.get(each, 0) + 1
    hourly.add(tx, source.name, road.clock(), len(new), found)


def _begin(road: Road, tx: Transaction, source: Source, tag: str, until: datetime) -> None:
    held = campaign.current(tx)
    words = (held.content.get("starts_at") if held else None) or ""
    starts_at = datetime.fromisoformat(words) if words else None
    if starts_at is None or starts_at >= until or tag not in source.tags:
        return
    span = Span(starts_at, until)
    coverage.fill(tx, source.name, tag, span, CoverState.GAP, BEFORE_FIRST)
    ask(road, tx, source.name, tag, span, by="homeward")


def _trouble(health: SourceHealth | None) -> str:
    return health.detail if health is not None and health.detail else "not read in time"
