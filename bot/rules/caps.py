"""Decide whether a reply may go out now or has to wait, by counts and hours alone. Pure.

Time and history are handed in. A cap holds a reply back; it never drops one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, timezone, tzinfo

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
    """The most replies per author, thread and hashtag in any 24 hours, per platform in any hour and 24 hours.

    `per_talk_day` takes the place of `per_author_day` for what a person writes to somebody who wrote to us.
    All of them are counted on each platform by itself.
    """

    per_author_day: int = 1
    per_hour: int = 20
    per_day: int = 200
    quiet: QuietHours | None = None
    per_thread_day: int = 3
    per_hashtag_day: int = 100
    per_talk_day: int = 4


@dataclass(frozen=True, slots=True)
class SentAt:
    """One reply that went out, or may have gone out: when (aware UTC), to whom, where, in what.

    `thread` is "" where it is not known; `hashtags` are those of the answered post, casefolded.
    """

    at: datetime
    author: str
    platform: Platform
    thread: str = ""
    hashtags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the reply that wants to go: its thread, hashtags, the author's zone, if it is talk.

    `zone_min` is minutes east of UTC, None where nobody knows the author's zone: then the caps' own counts.
    """

    thread: str = ""
    hashtags: frozenset[str] = frozenset()
    zone_min: int | None = None
    is_talk: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """The caps let the reply go now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The reply waits until then (aware UTC); the rule's id and its words."""

    until: datetime
    rule: str
    words: str


_NOTHING_KNOWN = About()


def decide(
    now: datetime,
    author: str,
    platform: Platform,
    history: Sequence[SentAt],
    caps: Caps,
    about: About = _NOTHING_KNOWN,
) -> Send | Hold:
    """Say whether a reply to `author` on `platform` may go at `now`.

    `history` may hold other authors and platforms and be in any order; what it dates after `now` (a
    clock was set back) counts as just sent. Of several holds the longest is returned. A cap of 0
    never lets anything go: it holds for its whole span, again and again.
    """
    here = [sent for sent in history if sent.platform is platform]
    to_author = [sent.at for sent in here if sent.author == author]
    all_times = [sent.at for sent in here]
    most, rule = caps.per_author_day, "per_author_day"
    if about.is_talk:
        most, rule = caps.per_talk_day, "per_talk_day"
    found = [
        _cap(now, to_author, most, _DAY, rule, "to this author in 24 hours"),
        _cap(now, all_times, caps.per_hour, _HOUR, "per_hour", "on this platform in an hour"),
        _cap(now, all_times, caps.per_day, _DAY, "per_day", "on this platform in 24 hours"),
        _quiet(now, _in_zone(caps.quiet, about.zone_min)),
    ]
    if about.thread:
        times = [sent.at for sent in here if sent.thread == about.thread]
        words = "in this conversation in 24 hours"
        found.append(_cap(now, times, caps.per_thread_day, _DAY, "per_thread_day", words))
    for tag in sorted(about.hashtags):
        times = [sent.at for sent in here if tag in sent.hashtags]
        words = "under one hashtag in 24 hours"
        found.append(_cap(now, times, caps.per_hashtag_day, _DAY, "per_hashtag_day", words))
    holds = [hold for hold in found if hold is not None]
    return max(holds, key=lambda hold: hold.until, default=None) or Send()


def _in_zone(quiet: QuietHours | None, zone_min: int | None) -> QuietHours | None:
    """The quiet hours on the author's clock where that is known."""
    if quiet is None or zone_min is None or abs(zone_min) >= 24 * 60:
        return quiet
    return replace(quiet, zone=timezone(timedelta(minutes=zone_min)))


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
