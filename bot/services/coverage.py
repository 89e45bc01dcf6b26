"""What each source has read and what not: spans that are complete, open or lost, and why. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.pipeline.road import Road
from store import backfills, coverage, schedule, sources
from store.db import Transaction
from store.records.campaign import SourceHealth, SourceState
from store.records.coverage import Backfill, BackfillState, CoverState
from store.records.page import Span
from store.schedule import Slot

FRESH = timedelta(minutes=2)
"""A tag that was read so lately is not called behind, whatever its interval."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One span of a tag. `is_tail`: from the last reading to now; it is complete once the source answers."""

    span: Span
    state: CoverState
    why: str = ""
    is_tail: bool = False

    def as_json(self) -> dict[str, Any]:
        """Times in ISO 8601, UTC."""
        return {
            "start": self.span.start.isoformat(),
            "end": self.span.end.isoformat(),
            "state": self.state.value,
            "why": self.why,
            "tail": self.is_tail,
        }


@dataclass(frozen=True, slots=True)
class TagCoverage:
    """All that is known of one source and tag, in order of time. `share` of the known time is complete."""

    source: str
    tag: str
    stretches: tuple[Stretch, ...]
    slot: Slot | None = None

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
        """Whether nothing is open and nothing is lost."""
        return all(s.state is CoverState.COMPLETE for tag in self.tags for s in tag.stretches)

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
    keys = dict.fromkeys([*((r.source, r.tag) for r in rows), *slots])
    found = []
    for key in sorted(keys):
        mine = [Stretch(r.span, r.state, r.why) for r in rows if (r.source, r.tag) == key]
        tail = _tail(mine, slots.get(key), healths.get(key[0]), now)
        found.append(TagCoverage(*key, (*mine, *tail), slots.get(key)))
    return CoverageReport(now, tuple(found), tuple(running))


def _running(tx: Transaction, source: str | None, tag: str | None) -> list[Backfill]:
    waiting = backfills.listing(tx, state=BackfillState.WAITING)
    return [b for b in waiting if source in (None, b.source) and tag in (None, b.tag)]


def _tail(
    rows: Sequence[Stretch], slot: Slot | None, health: SourceHealth | None, now: datetime
) -> list[Stretch]:
    """From the last known moment to now, if that is longer than the tag usually goes unread."""
    if not rows:
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
