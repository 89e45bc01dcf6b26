"""What the words for days can mean on a given day: readings as spans of dates, likeliest first.

Dates only: no text, no hours, no zone. Unless asked to look `ahead`, a reading begins on or before
the day it was written (the past rule): a sighting has happened. Words that say "next" lie ahead anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.extract import lunar


@dataclass(frozen=True, slots=True)
class Span:
    """Days [first, after), and how likely this reading is beside the others, in [0, 1]."""

    first: date
    after: date
    weight: float


class Days(Protocol):
    """The local time of writing in, readings out. Never raises."""

    def __call__(self, now: datetime, *, ahead: bool = False) -> list[Span]:
        """Readings, likeliest first; of a day without a year or week the next if `ahead`, else the last."""


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

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        day = _add(now.date(), -days)
        spans = [Span(_add(day, -loose), min(_add(day, loose + 1), _add(now.date(), 1)), 1.0)]
        # Before five in the morning "today" and "tonight" often still mean the day that was.
        if days == 0 and not loose and now.hour < 5:
            spans.append(_one(_add(day, -1), 0.5))
        return spans

    return read


def ahead_by(days: int, length: int = 1) -> Days:
    """`length` days that begin so many days on: tomorrow, in three days."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        first = _add(now.date(), days)
        return [Span(first, _add(first, length), 1.0)]

    return read


def months_on(months: int) -> Days:
    """The same day so many months on; the last of a shorter month."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        year, month = _month_on(now.year, now.month, months)
        found = next((d for back in range(4) if (d := _make(year, month, now.day - back))), None)
        return [_one(found)] if found else []

    return read


def next_weekday(index: int) -> Days:
    """The first such day of the week after the day of writing."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        return weekday(index)(now, ahead=True)

    return read


def back_to(first: int, last: int) -> Days:
    """From `first` days back to `last` days back, both included."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        return [Span(_add(now.date(), -first), _add(now.date(), 1 - last), 1.0)]

    return read


def weekday(index: int, weeks: int | None = None) -> Days:
    """A day of the week (0 is Monday): of `weeks` calendar weeks back, or the latest one."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        today = now.date()
        if weeks is not None:
            day = _add(today, index - today.weekday() - 7 * weeks)
            return [_one(day)] if ahead or weeks < 0 or day <= today else []
        if ahead:
            return [_one(_add(today, (index - today.weekday() - 1) % 7 + 1))]
        latest = _add(today, -((today.weekday() - index) % 7))
        return [_one(latest), _one(_add(latest, -7), 0.15)]

    return read


def last_weekday(index: int) -> Days:
    """The English "last Saturday": never today, most often the latest before it."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        today = now.date()
        latest = _add(today, -((today.weekday() - index - 1) % 7 + 1))
        return [_one(latest, 0.7), _one(_add(latest, -7), 0.3)]

    return read


def week(weeks: int) -> Days:
    """A whole calendar week, so many weeks back; up to the day of writing."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        first = _add(now.date(), -now.weekday() - 7 * weeks)
        last = _add(first, 7)
        return [Span(first, last if ahead or weeks < 0 else min(last, _add(now.date(), 1)), 1.0)]

    return read


def weekend(weeks: int | None = None) -> Days:
    """Saturday and Sunday: the latest that has begun, or that of so many calendar weeks back."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        today = now.date()
        back = weeks if weeks is not None else (0 if ahead or today.weekday() >= 5 else 1)
        first = _add(today, 5 - today.weekday() - 7 * back)
        if ahead or back < 0:
            return [Span(first, _add(first, 2), 1.0)]
        return [Span(first, min(_add(first, 2), _add(today, 1)), 1.0)] if first <= today else []

    return read


def calendar_day(month: int, day: int, year: int | None = None, years_back: int | None = None) -> Days:
    """A date, of a year by number or so many years back; else the latest not after the day of writing."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        today = now.date()
        if year is not None or years_back is not None:
            found = _make(year if year is not None else now.year - (years_back or 0), month, day)
            return [_one(found)] if found else []
        if ahead:
            coming = (_make(today.year + on, month, day) for on in range(9))
            return [_one(d) for d in coming if d is not None and d >= today][:1]
        found_days = (_make(today.year - back, month, day) for back in range(9))
        past = [d for d in found_days if d is not None and d <= today][:3]
        return [_one(d, weight) for d, weight in zip(past, (1.0, 0.1, 0.05), strict=False)]

    return read


def _month_on(year: int, month: int, by: int) -> tuple[int, int]:
    total = year * 12 + month - 1 + by
    return total // 12, total % 12 + 1


def day_of_month(day: int) -> Days:
    """The 25th: of the latest month in which it is not after the day of writing."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        today = now.date()
        spans: list[Span] = []
        year, month = today.year, today.month
        for _ in range(4):
            found = _make(year, month, day)
            if found and (found >= today if ahead else found <= today):
                spans.append(_one(found, 1.0 if not spans else 0.1))
            year, month = _month_on(year, month, 1 if ahead else -1)
        return spans[:2]

    return read


def month_part(month: int, first: int = 1, last: int = 31, year: int | None = None) -> Days:
    """Days `first` to `last` of a month, both included; without a year the latest that has begun."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        today = now.date()
        years = [year] if year is not None else [today.year, today.year + (1 if ahead else -1)]
        for candidate in years:
            start = _make(candidate, month, first)
            following = _make(candidate + month // 12, month % 12 + 1, 1)
            if start is None or following is None:
                continue
            if year is not None or (following > today if ahead else start <= today):
                return [Span(start, min(_add(start, last - first + 1), following), 1.0)]
        return []

    return read


def months_ago(months: int, first: int = 1, last: int = 31) -> Days:
    """A part of the month so many months back."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        year, month = _month_on(now.year, now.month, -months)
        return month_part(month, first, last, year)(now)

    return read


def whole_year(year: int | None = None, back: int = 0) -> Days:
    """A calendar year, by number or so many years back."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        number = year if year is not None else now.year - back
        first, after = _make(number, 1, 1), _make(number + 1, 1, 1)
        return [Span(first, after, 1.0)] if first and after else []

    return read


def lunar_day(month: int, day: int, *, to_month_end: bool = False) -> Days:
    """A date of the lunar calendar, the latest not after the day of writing; leap months beside it."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        today = now.date()
        spans: list[Span] = []
        for year in range(today.year - 1, today.year + 2) if ahead else range(today.year, today.year - 3, -1):
            for leap in (False, True) if ahead else (True, False):
                found = lunar.to_civil(year, month, day, leap=leap)
                if found is None and to_month_end and not leap:
                    # The thirtieth of a short month: people mean its last day.
                    found = lunar.to_civil(year, month, day - 1)
                if found and (found >= today if ahead else found <= today):
                    spans.append(_one(found, 1.0 if not spans else 0.1))
        return spans[:3]

    return read


def _steps(*, ahead: bool) -> range:
    return range(2) if ahead else range(0, -2, -1)


def _nearest(found: Iterable[date | None], now: datetime, *, ahead: bool) -> list[Span]:
    today = now.date()
    return [_one(d) for d in found if d and (d >= today if ahead else d <= today)][:1]


def new_years_eve() -> Days:
    """The eve of the lunar new year, the latest not after the day of writing."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        return _nearest((lunar.new_years_eve(now.year + by) for by in _steps(ahead=ahead)), now, ahead=ahead)

    return read


def eve_or_thirtieth() -> Days:
    """三十 with a part of the day: the eve of the lunar new year while it is near, else the 30th."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        eves = new_years_eve()(now, ahead=ahead)
        if eves and abs((now.date() - eves[0].first).days) <= 25:
            return eves
        return day_of_month(30)(now, ahead=ahead)

    return read


def stretch(first: Days, last: Days) -> Days:
    """From the beginning of one reading to the end of another: Sunday to today, the 1st to the 7th."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        for a in first(now, ahead=ahead)[:1]:
            begun = datetime(a.first.year, a.first.month, a.first.day, tzinfo=now.tzinfo)
            for b in (*last(now, ahead=ahead)[:1], *last(begun, ahead=True)[:1]):
                if a.first <= b.first and b.first - a.first < timedelta(days=366):
                    return [Span(a.first, b.after, 1.0)]
        return first(now, ahead=ahead)

    return read


def shifted(feast: Days, by: int) -> Days:
    """So many days after a feast, before it if negative."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        found = [Span(_add(s.first, by), _add(s.after, by), s.weight) for s in feast(now, ahead=ahead)]
        return found if ahead else [s for s in found if s.first <= now.date()]

    return read


def lengthened(feast: Days, days: int) -> Days:
    """So many days from the beginning of a feast on: a holiday."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        return [Span(s.first, _add(s.first, days), s.weight) for s in feast(now, ahead=ahead)]

    return read


def around_weekend(feast: Days) -> Days:
    """The weekend beside a feast, with the feast where that is the day before or after it."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        found = []
        # The weekend may begin before its feast.
        near = feast(now, ahead=ahead) if ahead else [*feast(now, ahead=True)[:1], *feast(now)]
        for s in near:
            to_saturday = (5 - s.first.weekday() + 3) % 7 - 3
            first = min(_add(s.first, to_saturday), s.first)
            after = max(_add(s.first, to_saturday + 2), s.after)
            if ahead or first <= now.date():
                found.append(Span(first, min(after, _add(now.date(), 1)) if not ahead else after, s.weight))
        return found[:2]

    return read


def latest_of(*readers: Days) -> Days:
    """One name for several feasts: the one that lies nearest comes first."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        found = [span for reader in readers for span in reader(now, ahead=ahead)[:1]]
        found.sort(key=lambda span: span.first, reverse=not ahead)
        return [Span(s.first, s.after, 1.0 if i == 0 else 0.4) for i, s in enumerate(found)]

    return read


def computed(rule: Callable[[int], date | None]) -> Days:
    """A feast that a rule places in each year; the latest not after the day of writing."""

    def read(now: datetime, *, ahead: bool = False) -> list[Span]:
        years = (now.year + by for by in _steps(ahead=ahead))
        return _nearest((rule(year) for year in years if 1 < year < 9999), now, ahead=ahead)

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
    # The constant fails for the winter solstice of 2021, which fell a minute before midnight.
    late = (year, month) == (2021, 12)
    return _make(year, month, int(short * 0.2422 + constant) - leaps - late)
