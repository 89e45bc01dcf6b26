"""Years, months, weeks and hours that a text names by their place: the week after next, March to May.

The functions behind some rules of time_offsets.py, and the words that both use. Naive local times; no text is
searched here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.extract.clocks_en import NUMBERS
from bot.extract.clocks_zh import number
from bot.extract.time_general import floor, step
from bot.extract.time_spans import Stretch, months_on

Values = Callable[[str, datetime], Stretch | None]
"""The stretch of the first time in some words, None if there is none."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|tue|wed|thu|thurs|fri|sat|sun)\b"
ONES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
"eleventh",
         "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
         "nineteenth",
         "twentieth")  # fmt: skip
ORDINALS = {
    **{name: i + 1 for i, name in enumerate(ONES)},
    **{f"twenty {name}": 21 + i for i, name in enumerate(ONES[:9])},
    **{f"twenty-{name}": 21 + i for i, name in enumerate(ONES[:9])},
    "thirtieth": 30, "thirty first": 31, "thirty-first": 31, "ides": 15,
}  # fmt: skip
ORDINAL = "(?:" + "|".join(sorted(ORDINALS, key=len, reverse=True)) + r"|\d{1,2}(?:st|nd|rd|th))"
COUNT = (
    r"(?:\d{1,3}(?:\.5)?|a couple of|a few|one|two|three|four|five|six|seven|eight|nine|ten|eleven|"
    r"twelve|an?)"
)
UNIT = r"(?:second|minute|min|hour|hr|day|week|fortnight|month|quarter|year)s?"
YEARS = r"(?:(?:19|20)\d\d)"


def count(text: str) -> float:
    low = text.lower()
    if low.replace(".", "").isdigit():
        return float(low)
    return 3.0 if "few" in low else float(NUMBERS.get(low, 1))


def unit_of(text: str) -> str:
    low = text.lower().rstrip("s")
    return {"min": "minute", "hr": "hour"}.get(low, low)


def ordinal(text: str) -> int:
    return ORDINALS.get(text.lower()) or int(re.sub(r"\D", "", text) or 1)


def years(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> tuple[datetime, datetime, datetime]:
    last = datetime(int(m["b"]), 1, 1)  # noqa: DTZ001
    return datetime(int(m["a"]), 1, 1), step(last, 1, "year"), last  # noqa: DTZ001


def months(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> tuple[datetime, datetime, datetime]:
    """March to May, of a year named or the next that has not begun, else of this one."""
    a, b = (MONTHS.index(m[name][:3].lower()) + 1 for name in ("a", "b"))
    year = int(m["y"]) if m["y"] else now.year + (1 if ahead and a < now.month else 0)
    last = datetime(year, b, 1)  # noqa: DTZ001
    if a > b and not m["y"]:
        last = months_on(last, 12)
    first = months_on(last, (a - b) if a <= b else a - b - 12)
    return first, months_on(last, 1), last


def relative_unit(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    """The week after next, earlier this year, later this month, the same month, the next hour."""
    words, unit = " ".join(m[0].lower().split()), unit_of(m["u"] or m["u2"] or m["u3"] or m["u4"])
    if m["u4"]:
        return now, step(now, 1, "hour")
    if m["u2"]:
        first = step(floor(now, unit), 2, unit)
        return first, step(first, 1, unit)
    first = step(
        floor(now, unit), {"next": 1, "last": -1, "previous": -1}.get((m["way"] or "").lower(), 0), unit
    )
    after = step(first, 1, unit)
    today = floor(now, "day")
    if words.startswith("earlier") and first <= today:
        return first, min(after, today)
    return (max(first, today), after) if words.startswith("later") else (first, after)


def day_beside(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    first = floor(now, "day") + timedelta(days=1 if m["side"].lower() == "after" else -1)
    return first, first + timedelta(days=1)


def working(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    """The next so many working days, from the first to the end of the last."""
    at = floor(now, "day") + timedelta(days=1)
    while at.weekday() > 4:
        at += timedelta(days=1)
    first, left = at, min(int(count(m["n"])), 60)
    while left:
        left -= at.weekday() < 5
        at += timedelta(days=1)
    return first, at


def later(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    at = now
    for many, unit in re.findall(rf"({COUNT}) ({UNIT})", m[0], re.IGNORECASE):
        at = step(at, count(many), unit_of(unit))
    if re.search("day|week|month|year", m[0], re.IGNORECASE):
        return floor(at, "day"), floor(at, "day") + timedelta(days=1)
    return at, at


def evening_hour(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    at = floor(now, "day") + timedelta(hours=int(m["h"]) % 12 + (12 if m["half"].lower() == "p" else 0))
    at += timedelta(days=1 if (m["day"] or "").lower().startswith("tom") else 0)
    return at, at


def four_digits(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    day = floor(now, "day")
    first, after = (day + timedelta(hours=int(m[n][:2]), minutes=int(m[n][2:])) for n in ("a", "b"))
    return first, after if after > first else after + timedelta(hours=12)


def from_now(m: re.Match[str], now: datetime, ahead: bool, values: Values) -> Stretch | None:
    base = values(m["base"], now)
    if base is None or base[0] is None:
        return None
    first = base[0] if base[0] > now else months_on(base[0], 12)
    return floor(now, "day"), first


def next_date(m: re.Match[str], now: datetime, ahead: bool, values: Values) -> Stretch | None:
    base = values(m["base"], now)
    if base is None or base[0] is None:
        return None
    first = months_on(base[0].replace(year=now.year), 0 if base[0].replace(year=now.year) > now else 12)
    return first, first + timedelta(days=1)


def half_of_year(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    first = datetime(int(m["y"]), 1 if m["half"] == "1" else 7, 1)  # noqa: DTZ001
    return first, months_on(first, 6)


def weeks_of(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    """The first or last weeks of a year or of last or next month, by the calendar's weeks."""
    word = m["p"].lower()
    if word.isdigit():
        first, after = datetime(int(word), 1, 1), datetime(int(word) + 1, 1, 1)  # noqa: DTZ001
    else:
        first = months_on(floor(now, "month"), {"last": -1, "this": 0, "next": 1}[word.split()[0]])
        after = months_on(first, 1)
    size = timedelta(weeks=int(count(m["n"] or "one")))
    if m["edge"].lower() == "first":
        begins = floor(first + timedelta(days=3), "week")
        return begins, begins + size
    ends = floor(after + timedelta(days=3), "week")
    return ends - size, ends


def previous_day(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    first = floor(now, "week") + timedelta(days=DAYS.index(m["d"][:3].lower()) - 7)
    return first, first + timedelta(days=1)


def years_zh(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> tuple[datetime, datetime, datetime]:
    return years(m, now, ahead, _)


def short_year_zh(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch | tuple[datetime, None]:
    """零八年, 07年以后: a year of two digits that begins with a nought."""
    digits = "".join(
        str("零一二三四五六七八九".find(c)) if c in "零一二三四五六七八九" else c for c in m["y"]
    )
    first = datetime(2000 + int(digits), 1, 1)  # noqa: DTZ001
    return first, months_on(first, 12)


def last_of_zh(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch | None:
    """The last so many weeks or months of a year."""
    count = number(m["n"])
    year = {"今年": now.year, "去年": now.year - 1, "明年": now.year + 1}.get(m["y"]) or int(
        re.sub(r"\D", "", m["y"])
    )
    after = datetime(year + 1, 1, 1)  # noqa: DTZ001
    if count is None:
        return None
    if m["u"] == "月":
        return months_on(after, -count), after
    after = floor(after, "week")
    return after - timedelta(weeks=count), after


def left_zh(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch | None:
    count = number(m["n"])
    return (
        None
        if count is None
        else (now, now + timedelta(hours=count) * (1 if m["u"][0] in "小钟" else 1 / 60))
    )
