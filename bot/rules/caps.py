"""Decide whether a reply may go out now or has to wait, by counts and hours alone. Pure.

Time and history are handed in. A cap holds a reply back; it never drops one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from store.records.post import Platform

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours in which nothing is sent; `start` later than `end` spans midnight, equal is never."""

    start: time
    end: time
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Caps:
    """The most replies within any 24 hours per author, and per platform within any hour and 24 hours."""

    per_author_day: int = 1
    per_hour: int = 20
    per_day: int = 200
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class SentAt:
    """One reply that went out, or may have gone out: when (aware UTC), to whom, where."""

    at: datetime
    author: str
    platform: Platform


@dataclass(frozen=True, slots=True)
class Send:
    """The caps let the reply go now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The reply waits until then (aware UTC); the rule's id and its words."""

    until: datetime
    rule: str
    words: str


def decide(
    now: datetime, author: str, platform: Platform, history: Sequence[SentAt], caps: Caps
) -> Send | Hold:
    """Say whether a reply to `author` on `platform` may go at `now`.

    `history` may hold other authors and platforms and be in any order; what it dates after `now` (a
    clock was set back) counts as just sent. Of several holds the longest is returned. A cap of 0
    never lets anything go: it holds for its whole span, again and again.
    """
    here = [sent for sent in history if sent.platform is platform]
    to_author = [sent.at for sent in here if sent.author == author]
    all_times = [sent.at for sent in here]
    holds = [
        hold
        for hold in (
            _cap(now, to_author, caps.per_author_day, _DAY, "per_author_day", "to this author in 24 hours"),
            _cap(now, all_times, caps.per_hour, _HOUR, "per_hour", "on this platform in an hour"),
            _cap(now, all_times, caps.per_day, _DAY, "per_day", "on this platform in 24 hours"),
            _quiet(now, caps.quiet),
        )
        if hold is not None
    ]
    return max(holds, key=lambda hold: hold.until, default=None) or Send()


def _cap(
    now: datetime, times: Sequence[datetime], most: int, span: timedelta, rule: str, words: str
) -> Hold | None:
    if most <= 0:
        return Hold(now + span, rule, f"no reply may be sent {words}")
    recent = sorted(at for at in times if at + span > now)
    if len(recent) < most:
        return None
    # The place becomes free when the `most`-th newest is older than the span.
    return Hold(recent[-most] + span, rule, f"at most {most} {words}")


def _quiet(now: datetime, quiet: QuietHours | None) -> Hold | None:
    if quiet is None or quiet.start == quiet.end:
        return None
    local = now.astimezone(quiet.zone)
    clock = local.time()
    after_start, before_end = quiet.start <= clock, clock < quiet.end
    spans_midnight = quiet.start > quiet.end
    within = after_start or before_end if spans_midnight else after_start and before_end
    if not within:
        return None
    day = local.date() + (_DAY if spans_midnight and after_start else timedelta(0))
    # Wall time of the zone; `fold` keeps the end ahead of us in an hour that the clock runs twice.
    end = datetime.combine(day, quiet.end.replace(fold=local.fold), tzinfo=quiet.zone)
    until = end.astimezone(now.tzinfo)
    words = f"quiet hours, {quiet.start:%H:%M} to {quiet.end:%H:%M}"
    return Hold(max(until, now), "quiet_hours", words)
