"""Turn an expression of time into intervals, in the wall clock of the place where it was written.

Naive local times in and out; zones and texts are elsewhere. The past rule holds throughout: no
reading begins after the moment of writing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.extract.days import Span, ago
from bot.extract.timewords import Clock, Expression, Hours, Role

_SLACK = timedelta(minutes=5)
_TODAY = ago(0)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: local interval [start, end] and its weight beside the others.

    `elapsed`: the ends are so much time before now, whatever the clocks did in between.
    """

    start: datetime
    end: datetime
    weight: float
    elapsed: bool = False


def resolve(expression: Expression, now: datetime, context: list[Span] | None = None) -> list[Reading]:
    """Readings of the expression written at local time `now`, likeliest first; none if it is not past.

    `context` are days that another part of the text set, for an expression without a day.
    """
    back = expression.get(Role.BACK)
    clock = expression.get(Role.CLOCK)
    try:
        if back and back.back_min and not clock:
            oldest, newest = back.back_min
            return [
                Reading(now - timedelta(minutes=oldest), now - timedelta(minutes=newest), 1.0, elapsed=True)
            ]
        spans = days_of(expression, now) if any(w.days for w in expression.words) else _unnamed(now, context)
        hours = hours_of(expression)
        found = []
        for span in spans:
            if clock and clock.clock:
                found += _at_clock(span, clock.clock, hours, now)
            elif hours:
                found += _in_part(span, hours)
            else:
                found.append(Reading(_midnight(span.first), _midnight(span.after), span.weight))
    except (OverflowError, ValueError):
        return []
    if any(word.open_end for word in expression.words):
        found = [Reading(r.start, max(r.end, now), r.weight) for r in found]
    return _past(found, now)


def hours_of(expression: Expression) -> Hours | None:
    """The part of the day; of two the hours they share, where they share any."""
    named = [word.hours for word in expression.words if word.hours]
    if len(named) == 2:
        low, high = max(h.low for h in named), min(h.high for h in named)
        narrow = min(named, key=lambda h: h.high - h.low)
        if (narrow.high - narrow.low) / 2 < high - low:
            return Hours(low, high, named[0].half)
        return narrow
    return named[0] if named else None


def _midnight(day: object) -> datetime:
    return datetime.combine(day, time())  # type: ignore[arg-type]


def days_of(expression: Expression, now: datetime, *, ahead: bool = False) -> list[Span]:
    """The days that the words name; two words for the day are read together."""
    named = [(word.days(now, ahead=ahead), word.rule) for word in expression.words if word.days]
    if not named:
        return []
    spans, rule = named[0]
    for more, other in named[1:]:
        spans, rule = _both(spans, rule, more, other)
    return spans


def _both(one: list[Span], rule: str, two: list[Span], other: str) -> tuple[list[Span], str]:
    """The days that two words share. Where they share none, a date is believed before a weekday, "today" or a
    feast, else the first."""
    both = [
        Span(max(a.first, b.first), min(a.after, b.after), a.weight * b.weight)
        for a in one
        for b in two
        if a.first < b.after and b.first < a.after
    ]
    if both:
        return both, other if other in _DATED else rule
    is_dated = other in _DATED and rule in ("relative", "weekday", "feast")
    kept = two if is_dated else one
    return [Span(s.first, s.after, s.weight * 0.6) for s in kept], other if is_dated else rule


_DATED = ("date", "day range", "day of month")


def _unnamed(now: datetime, context: list[Span] | None) -> list[Span]:
    if context:
        return context
    yesterday = ago(1)(now)[0]
    return [*_TODAY(now)[:1], Span(yesterday.first, yesterday.after, 0.5)]


def _in_part(span: Span, hours: Hours) -> list[Reading]:
    first = _midnight(span.first) + timedelta(hours=hours.low)
    length = timedelta(hours=hours.high - hours.low)
    if (span.after - span.first).days == 1:
        return [Reading(first, first + length, span.weight)]
    last = _midnight(span.after) - timedelta(days=1) + timedelta(hours=hours.high)
    return [Reading(first, last, span.weight * 0.8)]


def _at_clock(span: Span, clock: Clock, hours: Hours | None, now: datetime) -> list[Reading]:
    found = []
    for minute_of_day, weight in minutes_of(clock, hours):
        at = _midnight(span.first) + timedelta(minutes=minute_of_day)
        start, end = at - timedelta(minutes=clock.before_min), at + timedelta(minutes=clock.after_min)
        if clock.until is not None:
            until = clock.until
            while until <= minute_of_day:
                until += 720
            end = at + timedelta(minutes=min(until - minute_of_day, 720))
        if clock.open_end:
            end = max(end, now)
        # Of two hours of today the later one is meant if it has passed.
        fresh = 1.0 if at > now - timedelta(hours=12) or span.after <= now.date() else 0.75
        found.append(Reading(start, end, span.weight * weight * fresh))
    return found


def minutes_of(clock: Clock, hours: Hours | None) -> list[tuple[int, float]]:
    """Minutes after midnight that the clock words can mean, with weights; beyond 1440 is the next day."""
    hour, minute = clock.hour, clock.minute
    half = hours.half if hours else ""
    if clock.fixed:
        # "Twenty past midnight" tonight is the night that comes or the one that was.
        return (
            [(hour * 60 + minute, 1.0), (hour * 60 + minute - 1440, 0.9)]
            if hour >= 23
            else [(hour * 60 + minute, 1.0)]
        )
    if clock.half == "am" and half == "night" and hour % 12 < 5:
        # "Friday night around 2am" is Saturday by the calendar.
        return [((hour % 12 + 24) * 60 + minute, 1.0)]
    if hour == 24 and not minute:
        # Midnight of a day is most often the one that ends it; of today the one that began it.
        return [(1440, 1.0), (0, 0.8)]
    if clock.half:
        return [((hour % 12 + (12 if clock.half == "pm" else 0)) * 60 + minute, 1.0)]
    if hour > 12 or hour == 0:
        return [(hour * 60 + minute, 1.0)]
    if half == "am":
        return [((0 if hour == 12 and hours and hours.low == 0 else hour) * 60 + minute, 1.0)]
    if half == "noon":
        return [((hour + 12 if hour <= 4 else hour) * 60 + minute, 1.0)]
    if half == "pm":
        return [((hour if hour == 12 else hour + 12) * 60 + minute, 1.0)]
    if half == "night":
        # "Last night at two" is past midnight; from five on the evening itself is meant.
        return [((hour + 24 if hour < 5 else 24 if hour == 12 else hour + 12) * 60 + minute, 1.0)]
    if half == "deep":
        if hour >= 9:
            return [((hour + 12) * 60 + minute, 1.0)]
        return [(hour * 60 + minute, 0.6), ((hour + 24) * 60 + minute, 0.4)]
    if hour == 12:
        return [(720 + minute, 1.0), (minute, 0.6), (1440 + minute, 0.3)]
    morning = 0.25 if hour < 6 else 1.0 if clock.written_24 else 0.85
    return [((hour + 12) * 60 + minute, 0.9), (hour * 60 + minute, morning)]


def _past(found: list[Reading], now: datetime) -> list[Reading]:
    past = [
        Reading(r.start, max(min(r.end, now), r.start + timedelta(minutes=1)), r.weight)
        for r in found
        if r.start + min((r.end - r.start) / 2, timedelta(minutes=15)) <= now + _SLACK and r.start < r.end
    ]
    past.sort(key=lambda r: -r.weight)
    return past
