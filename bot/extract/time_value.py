"""The plain values of the expressions of time in any text: points and intervals, without slack.

For texts that are no sightings and for measuring the grammar: the past rule does not hold here, and a
day or hour that may lie either way is the next one if `prefer_future` says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.extract import time_resolve
from bot.extract.days import Span
from bot.extract.normal import normalise
from bot.extract.time_find import find_expressions
from bot.extract.time_general import find_general
from bot.extract.time_offsets import find_counted
from bot.extract.time_spans import Found, Stretch, modified, ranged
from bot.extract.timewords import Clock, Expression, Hours, Role


@dataclass(frozen=True, slots=True)
class Value:
    """Characters [start, end) of the text and the local interval they name.

    A point has equal ends; an end that the words leave open ("before 2015") is None. `is_point`: a
    moment of the clock, else a stretch of days, hours or a part of the day. `last`: where the words
    name both ends, the beginning of the second.
    """

    start: int
    end: int
    first: datetime | None
    after: datetime | None
    is_point: bool
    last: datetime | None = None


def values(text: str, now: datetime, *, prefer_future: bool = False, counted: bool = True) -> list[Value]:
    """All expressions with a value, in order. `now`: naive local time of writing. Never raises.

    `counted`: also times counted from other times ("three weeks from tomorrow").
    """
    normal = normalise(text)
    told: list[tuple[Found, bool]] = []
    for expression in find_expressions(normal.text):
        try:
            value = _value(expression, now, ahead=prefer_future)
        except (OverflowError, ValueError):
            continue
        if value is not None:
            first, after, is_point = value
            dated = any(word.days or word.back_min for word in expression.words)
            told.append((Found(expression.start, expression.end, (first, after), is_point), dated))
    general = [(f, True) for f in find_general(normal.text, now, ahead=prefer_future)]

    def first_of(words: str, at: datetime) -> Stretch | None:
        inner = values(words, at, prefer_future=prefer_future, counted=False)
        return (inner[0].first, inner[0].after) if inner else None

    if counted:
        general = [
            *((f, True) for f in find_counted(normal.text, now, first_of, ahead=prefer_future)),
            *general,
        ]
    kept = _on_days(_apart([*general, *told]), normal.text)
    found = [modified(normal.text, item) for item in ranged(normal.text, kept)]
    return [Value(*normal.span(f.start, f.end), *f.stretch, f.is_point, f.last) for f in found]


def _apart(found: list[tuple[Found, bool]]) -> list[tuple[Found, bool]]:
    """Of readings of the same characters the longest; of equals the first given."""
    kept: list[tuple[Found, bool]] = []
    for item, dated in sorted(found, key=lambda f: f[0].start - f[0].end):
        if all(item.end <= other.start or item.start >= other.end for other, _ in kept):
            kept.append((item, dated))
    return sorted(kept, key=lambda f: f[0].start)


_GLUE = re.compile(r"[\s,T]{1,2}(?:at |on )?", re.IGNORECASE)


def _on_days(found: list[tuple[Found, bool]], text: str) -> list[Found]:
    """A clock without a day beside a day is of that day: 23.04.2022 14:55."""
    joined: list[tuple[Found, bool]] = []
    for item, dated in found:
        last, last_dated = joined[-1] if joined else (None, False)
        if last and dated != last_dated and _GLUE.fullmatch(text[last.end : item.start]):
            day, clock = (last, item) if last_dated else (item, last)
            base, (first, after) = day.stretch[0], clock.stretch
            if base and first and after and not day.is_point and day.stretch[1] == base + timedelta(days=1):
                by = timedelta(days=(base.date() - first.date()).days)
                joined[-1] = (Found(last.start, item.end, (first + by, after + by), clock.is_point), True)
                continue
        joined.append((item, dated))
    return [item for item, _ in joined]


def _value(e: Expression, now: datetime, *, ahead: bool) -> tuple[datetime, datetime, bool] | None:
    clock = next((w.clock for w in e.words if w.clock), None)
    back = next((w for w in e.words if w.back_min), None)
    if back and back.back_min and clock is None:
        if back.rule == "just now":
            return now, now, True
        at = now - timedelta(minutes=sum(back.back_min) / 2)
        return at, at, True
    named = any(w.days for w in e.words)
    days = time_resolve.days_of(e, now, ahead=ahead) if named else [_today(now)]
    if not days:
        return None
    hours = time_resolve.hours_of(e)
    span = days[0]
    if clock is not None:
        return _at(span, clock, hours, now, named=named, ahead=ahead)
    first = datetime(span.first.year, span.first.month, span.first.day)  # noqa: DTZ001 (local by contract)
    if hours:
        begins = first + timedelta(hours=hours.low)
        after = first + timedelta(hours=hours.high)
        if ahead and not named and after <= now:
            begins, after = begins + timedelta(days=1), after + timedelta(days=1)
        return begins, after, False
    if e.get(Role.DAY) is None and e.get(Role.FUTURE) is None:
        return None
    after = datetime(span.after.year, span.after.month, span.after.day)  # noqa: DTZ001
    return first, after, False


def _today(now: datetime) -> Span:
    return Span(now.date(), (now + timedelta(days=1)).date(), 1.0)


def _at(
    span: Span, clock: Clock, hours: Hours | None, now: datetime, *, named: bool, ahead: bool
) -> tuple[datetime, datetime, bool]:
    midnight = datetime(span.first.year, span.first.month, span.first.day)  # noqa: DTZ001
    options = [midnight + timedelta(minutes=m) for m, _ in time_resolve.minutes_of(clock, hours)]
    if named and hours is None and (clock.minute or clock.written_24):
        options.sort()
    if ahead and not named:
        coming = [
            at + timedelta(days=on) for on in (0, 1) for at in options if at + timedelta(days=on) >= now
        ]
        options = [min(coming), *options] if coming else options
    at = options[0]
    if clock.until is None:
        return at, at, True
    until, start = clock.until, int((at - midnight) / timedelta(minutes=1)) % 1440
    while until <= start:
        until += 720
    return at, at + timedelta(minutes=min(until - start, 720)), False
