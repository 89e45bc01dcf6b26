"""What each source has read and what not: spans that are complete, open or lost, and why. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.pipeline.road import Road
from bot.pipeline.source import STREAM
from store import backfills, coverage, hourly, imports, schedule, sources
from store.db import Transaction
from store.records.campaign import SourceHealth, SourceState
from store.records.coverage import Backfill, BackfillState, CoverState
from store.records.page import Span
from store.schedule import Slot

CURVE = timedelta(hours=48)
"""How far back new posts are shown by the hour."""
FRESH = timedelta(minutes=2)
"""A tag that was read so lately is not called behind, whatever its interval."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One span of a tag. `is_tail`: from the last reading to now; it is complete once the source answers."""

    span: Span
    state: CoverState
    why: str = ""
    is_tail: bool = False
    needs: str = ""

    def as_json(self) -> dict[str, Any]:
        """Times in ISO 8601, UTC."""
        return {
            "start": self.span.start.isoformat(),
            "end": self.span.end.isoformat(),
            "state": self.state.value,
            "why": self.why,
            "tail": self.is_tail,
            "needs": self.needs,
        }


@dataclass(frozen=True, slots=True)
class TagCoverage:
    """All that is known of one source and tag, in order of time. `share` of the known time is complete."""

    source: str
    tag: str
    stretches: tuple[Stretch, ...]
    slot: Slot | None = None
    hours: tuple[tuple[datetime, int], ...] = ()

    @property
    def complete_until(self) -> datetime | None:
        """The last moment that is known to be read whole."""
        ends = (each.span.end for each in self.stretches if each.state is CoverState.COMPLETE)
        return max(ends, default=None)

    @property
    def next_poll_at(self) -> datetime | None:
        """When it is asked next; None for streams and for what is not asked."""
        return None if self.slot is None or self.slot.off else self.slot.due_at

    def total(self, state: CoverState) -> timedelta:
        """How much time is in this state."""
        spans = (each.span for each in self.stretches if each.state is state)
        return sum((span.end - span.start for span in spans), timedelta())

    @property
    def share(self) -> float | None:
        """The complete part of the time from the first span to now, in [0, 1]; None if nothing is known."""
        whole = sum((self.total(state) for state in CoverState), timedelta())
        return self.total(CoverState.COMPLETE) / whole if whole else None

    def as_json(self) -> dict[str, Any]:
        """One tag as JSON-able values; hours of each state, the interval it is asked at."""
        slot = self.slot
        return {
            "source": self.source,
            "tag": self.tag,
            "complete_share": None if self.share is None else round(self.share, 4),
            "hours": {s.value: round(self.total(s).total_seconds() / 3600, 3) for s in CoverState},
            "interval_s": None if slot is None or slot.off else round(slot.interval_s, 1),
            "rate_per_h": None if slot is None or slot.rate_per_h is None else round(slot.rate_per_h, 2),
            "complete_until": self.complete_until.isoformat() if self.complete_until else None,
            "next_poll_at": self.next_poll_at.isoformat() if self.next_poll_at else None,
            "new_posts_by_hour": {hour.isoformat(): posts for hour, posts in self.hours},
            "spans": [each.as_json() for each in self.stretches],
        }


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """The ledger at one moment, and the past spans that are being read."""

    at: datetime
    tags: tuple[TagCoverage, ...]
    backfills: tuple[Backfill, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the sources left nothing open and lost nothing. Imports prove nothing of that."""
        live = (tag for tag in self.tags if tag.source != imports.SOURCE)
        return all(s.state is CoverState.COMPLETE for tag in live for s in tag.stretches)

    def as_json(self) -> dict[str, Any]:
        """The answer of `coverage --json`."""
        return {
            "at": self.at.isoformat(),
            "whole": self.is_whole,
            "tags": [tag.as_json() for tag in self.tags],
            "backfills": [backfill_json(each) for each in self.backfills],
        }


def report(road: Road, *, source: str | None = None, tag: str | None = None) -> CoverageReport:
    """The ledger of all sources and tags, or of one source, or of one tag."""
    now = road.clock()
    with road.store.reading() as tx:
        rows = coverage.rows(tx, source=source, tag=tag)
        slots = {
            (s.source, s.tag): s for s in schedule.slots(tx, source) if tag in (None, s.tag) and not s.off
        }
        healths = {health.source: health for health in sources.healths(tx)}
        running = _running(tx, source, tag)
        asked = backfills.listing(tx)
        counted = hourly.by_tag(tx, since=hourly.hour_of(now) - CURVE + timedelta(hours=1))
    keys = dict.fromkeys([*((r.source, r.tag) for r in rows), *slots])
    found = []
    for key in sorted(keys):
        mine = [Stretch(r.span, r.state, r.why) for r in rows if (r.source, r.tag) == key]
        is_import = key[0] == imports.SOURCE
        tail = _tail(mine, slots.get(key), healths.get(key[0]), now, is_import=is_import)
        stretches = tuple(replace(each, needs=_needs(each, key, asked)) for each in (*mine, *tail))
        found.append(TagCoverage(*key, stretches, slots.get(key), _hours(counted, key)))
    return CoverageReport(now, tuple(found), tuple(running))


def _running(tx: Transaction, source: str | None, tag: str | None) -> list[Backfill]:
    waiting = backfills.listing(tx, state=BackfillState.WAITING)
    return [b for b in waiting if source in (None, b.source) and tag in (None, b.tag)]


def _tail(
    rows: Sequence[Stretch],
    slot: Slot | None,
    health: SourceHealth | None,
    now: datetime,
    *,
    is_import: bool,
) -> list[Stretch]:
    """From the last known moment to now, if that is longer than the tag usually goes unread."""
    if not rows or is_import:
        return []
    since = rows[-1].span.end
    usual = timedelta(seconds=3 * slot.interval_s) if slot else FRESH
    if now - since <= max(usual, FRESH):
        return []
    return [Stretch(Span(since, now), CoverState.GAP, _tail_why(health), is_tail=True)]


def _tail_why(health: SourceHealth | None) -> str:
    if health is None or health.state is SourceState.OFF:
        return "the source is switched off"
    if health.state is SourceState.NEEDS_PERSON:
        return f"waits for a person: {health.detail}"
    if health.failures:
        return f"the source does not answer: {health.detail}"
    return "not read since; is Homeward running?"


def _hours(
    counted: Mapping[tuple[str, str], Mapping[datetime, int]], key: tuple[str, str]
) -> tuple[tuple[datetime, int], ...]:
    """New posts by the hour; those of a stream are those of the whole source."""
    source, tag = key
    found = counted.get((source, hourly.WHOLE if tag == STREAM else tag), {})
    return tuple(sorted(found.items()))


def _needs(each: Stretch, key: tuple[str, str], asked: Sequence[Backfill]) -> str:
    """What closes the span, or why nothing does; "" for what is complete."""
    source, tag = key
    if each.state is CoverState.COMPLETE:
        return ""
    if each.state is CoverState.LOST:
        return "nothing brings it back from this source; an export of the platform may hold it"
    if each.is_tail:
        return "read as soon as the source answers"
    if source == imports.SOURCE:
        return "a file is not read back: import one with --covers, or leave the span as it is"
    mine = [made for made in asked if (made.source, made.tag) == key and _overlap(made.span, each.span)]
    waiting = [made for made in mine if made.state is BackfillState.WAITING]
    if waiting:
        shares = [share for share in map(progress, waiting) if share is not None]
        walked = f", {min(shares):.0%} walked" if shares else ""
        return f"being read back by itself{walked}{f' ({waiting[0].why})' if waiting[0].why else ''}"
    refused = [made.why for made in mine if made.state is BackfillState.IMPOSSIBLE and made.why]
    if refused:
        return f"cannot be read back: {refused[0]}"
    named = "" if tag == STREAM else f" --tag {tag}"
    days = f"--since {each.span.start:%Y-%m-%dT%H:%MZ} --until {each.span.end:%Y-%m-%dT%H:%MZ}"
    return f"run_bot.py backfill --source {source}{named or ' --tag …'} {days}"


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def progress(made: Backfill) -> float | None:
    """How much of the span has been walked back, in [0, 1]; None before the first post."""
    if made.state is BackfillState.DONE:
        return 1.0
    whole = made.span.end - made.span.start
    if made.reached is None or not whole:
        return None
    return min(max((made.span.end - made.reached) / whole, 0.0), 1.0)


def backfill_json(made: Backfill) -> dict[str, Any]:
    """One backfill as JSON-able values."""
    share = progress(made)
    return {
        "source": made.source,
        "tag": made.tag,
        "since": made.span.start.isoformat(),
        "until": made.span.end.isoformat(),
        "state": made.state.value,
        "why": made.why,
        "pages": made.pages,
        "posts": made.posts,
        "new": made.new,
        "progress": None if share is None else round(share, 3),
    }
