"""What the words for days can mean on a given day: readings as spans of dates, likeliest first.

Dates only: no text, no hours, no zone. Every reading begins on or before the day it was written
(the past rule): a sighting has happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.extract import lunar


@dataclass(frozen=True, slots=True)
class Span:
    """Days [first, after), and how likely this reading is beside the others, in [0, 1]."""

    first: date
    after: date
    weight: float


Days = Callable[[datetime], list[Span]]
"""The local time of writing in, readings out. Never raises."""

_DAY = timedelta(days=1)


def _add(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max - _DAY


def _one(day: date, weight: float = 1.0) -> Span:
    return Span(day, _add(day, 1), weight)


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def ago(days: int, loose: int = 0) -> Days:
    """So many days back; `loose` more days on either side when the words are vague."""

    def read(now: datetime) -> list[Span]:
        day = _add(now.date(), -days)
        spans = [Span(_add(day, -loose), min(_add(day, loose + 1), _add(now.date(), 1)), 1.0)]
        # Before five in the morning "today" and "tonight" often still mean the day that was.
        if days == 0 and not loose and now.hour < 5:
            spans.append(_one(_add(day, -1), 0.5))
        return spans

    return read


def back_to(first: int, last: int) -> Days:
    """From `first` days back to `last` days back, both included."""

    def read(now: datetime) -> list[Span]:
        return [Span(_add(now.date(), -first), _add(now.date(), 1 - last), 1.0)]

    return read


def weekday(index: int, weeks: int | None = None) -> Days:
    """A day of the week (0 is Monday): of `weeks` calendar weeks back, or the latest one."""

    def read(now: datetime) -> list[Span]:
        today = now.date()
        if weeks is not None:
            day = _add(today, index - today.weekday() - 7 * weeks)
            return [_one(day)] if day <= today else []
        latest = _add(today, -((today.weekday() - index) % 7))
        return [_one(latest), _one(_add(latest, -7), 0.15)]

    return read


def last_weekday(index: int) -> Days:
    """The English "last Saturday": never today, most often the latest before it."""

    def read(now: datetime) -> list[Span]:
        today = now.date()
        latest = _add(today, -((today.weekday() - index - 1) % 7 + 1))
        return [_one(latest, 0.7), _one(_add(latest, -7), 0.3)]

    return read


def week(weeks: int) -> Days:
    """A whole calendar week, so many weeks back; up to the day of writing."""

    def read(now: datetime) -> list[Span]:
        first = _add(now.date(), -now.weekday() - 7 * weeks)
        return [Span(first, min(_add(first, 7), _add(now.date(), 1)), 1.0)]

    return read


def weekend(weeks: int | None = None) -> Days:
    """Saturday and Sunday: the latest that has begun, or that of so many calendar weeks back."""

    def read(now: datetime) -> list[Span]:
        today = now.date()
        back = weeks if weeks is not None else (0 if today.weekday() >= 5 else 1)
        first = _add(today, 5 - today.weekday() - 7 * back)
        return [Span(first, min(_add(first, 2), _add(today, 1)), 1.0)] if first <= today else []

    return read


def calendar_day(month: int, day: int, year: int | None = None) -> Days:
    """A date; without its year the latest not after the day of writing."""

    def read(now: datetime) -> list[Span]:
        today = now.date()
        if year is not None:
            found = _make(year, month, day)
            return [_one(found)] if found else []
        found_days = (_make(today.year - back, month, day) for back in range(9))
        past = [d for d in found_days if d is not None and d <= today][:2]
        return [_one(d, weight) for d, weight in zip(past, (1.0, 0.1), strict=False)]

    return read


def day_of_month(day: int) -> Days:
    """The 25th: of the latest month in which it is not after the day of writing."""

    def read(now: datetime) -> list[Span]:
        today = now.date()
        spans: list[Span] = []
        year, month = today.year, today.month
        for _ in range(4):
            found = _make(year, month, day)
            if found and found <= today:
                spans.append(_one(found, 1.0 if not spans else 0.1))
            year, month = (year - 1, 12) if month == 1 else (year, month - 1)
        return spans[:2]

    return read


def month_part(month: int, first: int = 1, last: int = 31, year: int | None = None) -> Days:
    """Days `first` to `last` of a month, both included; without a year the latest that has begun."""

    def read(now: datetime) -> list[Span]:
        today = now.date()
        years = [year] if year is not None else [today.year, today.year - 1]
        for candidate in years:
            start = _make(candidate, month, first)
            if start and (start <= today or year is not None):
                following = _make(candidate + month // 12, month % 12 + 1, 1) or start
                return [Span(start, min(_add(start, last - first + 1), following), 1.0)]
        return []

    return read


def months_ago(months: int, first: int = 1, last: int = 31) -> Days:
    """A part of the month so many months back."""

    def read(now: datetime) -> list[Span]:
        total = now.year * 12 + now.month - 1 - months
        return month_part(total % 12 + 1, first, last, total // 12)(now)

    return read


def whole_year(year: int | None = None, back: int = 0) -> Days:
    """A calendar year, by number or so many years back."""

    def read(now: datetime) -> list[Span]:
        number = year if year is not None else now.year - back
        first, after = _make(number, 1, 1), _make(number + 1, 1, 1)
        return [Span(first, after, 1.0)] if first and after else []

    return read


def lunar_day(month: int, day: int, *, to_month_end: bool = False) -> Days:
    """A date of the lunar calendar, the latest not after the day of writing; leap months beside it."""

    def read(now: datetime) -> list[Span]:
        today = now.date()
        spans: list[Span] = []
        for year in (today.year, today.year - 1, today.year - 2):
            for leap in (True, False):
                found = lunar.to_civil(year, month, day, leap=leap)
                if found is None and to_month_end and not leap:
                    # The thirtieth of a short month: people mean its last day.
                    found = lunar.to_civil(year, month, day - 1)
                if found and found <= today:
                    spans.append(_one(found, 1.0 if not spans else 0.1))
        return spans[:2]

    return read


def new_years_eve() -> Days:
    """The eve of the lunar new year, the latest not after the day of writing."""

    def read(now: datetime) -> list[Span]:
        eves = (lunar.new_years_eve(now.year - back) for back in range(2))
        return [_one(eve) for eve in eves if eve and eve <= now.date()][:1]

    return read


def latest_of(*readers: Days) -> Days:
    """One name for several feasts: the one that lies nearest comes first."""

    def read(now: datetime) -> list[Span]:
        found = [span for reader in readers for span in reader(now)[:1]]
        found.sort(key=lambda span: span.first, reverse=True)
        return [Span(s.first, s.after, 1.0 if i == 0 else 0.4) for i, s in enumerate(found)]

    return read


def computed(rule: Callable[[int], date | None]) -> Days:
    """A feast that a rule places in each year; the latest not after the day of writing."""

    def read(now: datetime) -> list[Span]:
        found = (rule(now.year - back) for back in range(2) if now.year - back > 1)
        return [_one(day) for day in found if day and day <= now.date()][:1]

    return read


def easter(year: int, shift: int = 0) -> date | None:
    """Easter Sunday plus `shift` days (Meeus, Astronomical Algorithms, ch. 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    lead = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * lead) // 451
    month, day = divmod(h + lead - 7 * m + 114, 31)
    base = _make(year, month, day + 1)
    return _add(base, shift) if base else None


def nth_weekday(year: int, month: int, index: int, nth: int) -> date | None:
    """The nth weekday (0 is Monday) of a month."""
    first = _make(year, month, 1)
    return _add(first, (index - first.weekday()) % 7 + 7 * (nth - 1)) if first else None


def solar_term(year: int, month: int, constant: float) -> date | None:
    """Day of a solar term by the usual fitted constant for 2000 to 2099, right to within a day."""
    short = year % 100
    leaps = (short - 1) // 4 if month <= 2 else short // 4
    return _make(year, month, int(short * 0.2422 + constant) - leaps)
