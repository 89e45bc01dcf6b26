"""Two expressions with "to" between them are one stretch of time: from ten last night until two this morning.

Words and wall clocks only: how one expression is read is in time_resolve.py, zones are elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from bot.extract.days import Span
from bot.extract.time_resolve import Reading, hours_of, resolve
from bot.extract.timewords import Expression, Role

_TO = re.compile(
    r"\s?(?:到了?|至|直到|一直到|-|–|—|~)\s?(?:今天|当天|第二天|次日)?\s?"
    r"|\s(?:to|till?|until|up to|up until|hanggang|se|thru|through)\s(?:about |around |like )?",
    re.IGNORECASE,
)
_AND = re.compile(r"\s(?:and|&|n)\s(?:about |around |like )?", re.IGNORECASE)
_BETWEEN = re.compile(
    r"\b(?:(?:some ?where|some ?time) )?(?:between|btwn|betwn|b/w|btw)\s(?:about |around )?\Z", re.IGNORECASE
)
_FROM = re.compile(r"(?:\bfrom\s|\bbetween\s|从)\Z", re.IGNORECASE)
_LONGEST = timedelta(hours=24)
_LONGEST_DAYS = timedelta(days=7)


def stretches(expressions: list[Expression], text: str) -> list[Expression]:
    """Join neighbours of which the second is the end of the first; at most two make one."""
    found: list[Expression] = []
    for e in expressions:
        last = found[-1] if found else None
        joined = _joined(last, e, text) if last else None
        if joined:
            found[-1] = joined
        else:
            found.append(e)
    return found


def _joined(first: Expression, second: Expression, text: str) -> Expression | None:
    if first.until or not _is_end(first) or second.start < first.end:
        return None
    if not _is_end(second) and not (second.get(Role.DAY) and first.get(Role.DAY) and len(second.words) == 1):
        return None
    gap = text[first.end : second.start]
    if len(gap) > 16:
        return None
    lead = _BETWEEN.search(text, max(0, first.start - 30), first.start)
    if not _TO.fullmatch(gap) and not (lead and _AND.fullmatch(gap)):
        return None
    led = lead or _FROM.search(text, max(0, first.start - 9), first.start)
    start = led.start() if led and text[led.start()] != "从" else first.start
    return Expression(start, second.end, first.words, until=second)


def _is_end(e: Expression) -> bool:
    """Whether the expression names an hour or a part of the day, and no stretch itself."""
    clock = e.get(Role.CLOCK)
    if e.get(Role.FUTURE) or e.get(Role.BACK):
        return False
    if clock and clock.clock:
        return clock.clock.until is None and not clock.clock.open_end
    return e.get(Role.PART) is not None


def _slack(e: Expression) -> timedelta:
    clock = e.get(Role.CLOCK)
    return timedelta(minutes=clock.clock.before_min if clock and clock.clock else 0)


def _end_of(e: Expression, reading: Reading) -> datetime:
    """The hour that the second words end with: the hour itself, noon, or the end of the part of the day."""
    if e.get(Role.CLOCK):
        return reading.start + _slack(e)
    hours = hours_of(e)
    if hours and hours.half == "noon":
        return reading.start.replace(hour=12, minute=0)
    return reading.end


def resolve_stretch(e: Expression, now: datetime, context: list[Span] | None = None) -> list[Reading]:
    """Readings of a stretch, likeliest first: as `resolve` reads their beginning, up to the end."""
    second = e.until
    if second is None:
        return resolve(e, now, context)
    found = []
    for first in resolve(replace(e, until=None), now, context)[:3]:
        begin = first.start + _slack(e)
        day = begin.date()
        days = [
            Span(day, day + timedelta(days=1), 1.0),
            Span(day + timedelta(days=1), day + timedelta(days=2), 1.0),
        ]
        has_day = any(word.days for word in second.words)
        ends = [
            _end_of(second, r)
            for r in (resolve(second, now) if has_day else resolve(second, now + timedelta(hours=14), days))
        ]
        longest = _LONGEST if second.get(Role.CLOCK) or second.get(Role.PART) else _LONGEST_DAYS
        ends = [end for end in ends if begin < end <= begin + longest]
        if ends:
            found.append(Reading(begin, max(min(min(ends), now), begin + timedelta(minutes=1)), first.weight))
    return found
