"""Times counted from other times: three weeks from tomorrow, from 2pm for two hours, the second of March.

Plain values of any text, for measuring the grammar and for texts about plans; nothing here dates a sighting.
Naive local times; `values_of` reads the words that a rule counts from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.extract.clocks_en import NUMBERS
from bot.extract.clocks_zh import NUMERAL
from bot.extract.time_general import floor, step
from bot.extract.time_offsets_units import (
    COUNT,
    DAYS,
    MONTH,
    MONTHS,
    ORDINAL,
    UNIT,
    WEEKDAY,
    YEARS,
    Values,
    count,
    day_beside,
    evening_hour,
    four_digits,
    from_now,
    half_of_year,
    last_of_zh,
    later,
    left_zh,
    months,
    next_date,
    ordinal,
    previous_day,
    relative_unit,
    short_year_zh,
    unit_of,
    weeks_of,
    working,
    years,
    years_zh,
)
from bot.extract.time_spans import Found, Stretch, months_on
from bot.extract.timewords_en_names import FEASTS


def _day(year: int, month: int, day: int) -> Stretch:
    first = datetime(year, month, day)  # noqa: DTZ001 (local by contract)
    return first, first + timedelta(days=1)


def _named_day(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    month, day = MONTHS.index(m["m"][:3].lower()) + 1, ordinal(m["o"])
    if m["y"]:
        return _day(int(m["y"]), month, day)
    first, after = _day(now.year, month, day)
    if first is None or (ahead and first < floor(now, "day")):
        return _day(now.year + 1, month, day)
    return first, after


def _of_month(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    way = {"next": 1, "this": 0, "the": 0, "last": -1}[m["way"].lower()]
    first = months_on(floor(now, "month"), way)
    return _day(first.year, first.month, ordinal(m["o"]))


def _day_of_week(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    way = {"next": 1, "this": 0, "last": -1, "following": 1}[(m["w"] or m["w2"]).lower()]
    index = DAYS.index((m["d"] or m["d2"])[:3].lower())
    first = floor(now, "week") + timedelta(days=7 * way + index)
    return first, first + timedelta(days=1)


def _counted(m: re.Match[str], now: datetime, ahead: bool, values: Values) -> Stretch | None:
    """Three weeks from tomorrow; two days before Easter; 15 minutes from 1pm."""
    base = values(m["base"], now)
    if base is None or base[0] is None:
        return None
    unit, sign = unit_of(m["u"]), -1 if m["side"].lower() in ("before", "prior to") else 1
    at = step(base[0], sign * count(m["n"]), unit)
    is_long = unit not in ("second", "minute", "hour")
    return (at, at + timedelta(days=1)) if is_long and at == floor(at, "day") else (at, at)


def _weekdays_on(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    index = DAYS.index(m["d"][:3].lower())
    first = floor(now, "day") + timedelta(days=(index - now.weekday() - 1) % 7 + 1)
    first += timedelta(weeks=int(count(m["n"])) - 1)
    return first, first + timedelta(days=1)


def _lasting(m: re.Match[str], now: datetime, ahead: bool, values: Values) -> Stretch | None:
    """From 2pm for two hours; two weeks starting May 20th."""
    base = values((m["base"] or m["base2"]) + (f" {m['more']}" if m.groupdict().get("more") else ""), now)
    if base is None or base[0] is None:
        return None
    after = step(base[0], count(m["n"] or m["n2"]), unit_of(m["u"] or m["u2"]))
    if m.groupdict().get("rest"):
        after += timedelta(minutes=int(m["rest"]))
    return base[0], after


def _ago(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    """So many weeks, months or years ago to the day, where sightings leave some slack."""
    at = step(floor(now, "day"), -count(m["n"]), unit_of(m["u"]))
    return at, at + timedelta(days=1)


def _feast(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch | None:
    name = " ".join(m["f"].lower().replace("'", "").split())
    feast = FEASTS.get(name)
    if feast is None:
        return None
    way = (m["way"] or "").lower()
    if way == "last":
        found = feast(now)
    elif m["n"]:
        years = count(m["n"]) if m["u"].lower().startswith("y") else count(m["n"]) / 12
        back = m["ago"] is not None
        at = months_on(now, int((-12 if back else 12) * years))
        found = feast(at, ahead=not back)
    else:
        found = feast(now, ahead=True)
    if not found:
        return None
    first = datetime(found[0].first.year, found[0].first.month, found[0].first.day)  # noqa: DTZ001
    return first, first + (found[0].after - found[0].first)


def _end_of(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    """EOD, EOM, EOY, BOM, BOY: the last or first ten days of a month, four or three months of a year."""
    unit = {"d": "day", "m": "month", "y": "year"}[m["u"].lower()]
    first = floor(now, unit)
    after = step(first, 1, unit)
    if m["edge"].lower() == "b":
        return (first, first + timedelta(days=10)) if unit == "month" else (first, months_on(first, 3))
    if m["by"]:
        return now, after
    start = first + timedelta(days=20) if unit == "month" else months_on(first, 8) if unit == "year" else now
    return start, after


def _last_day(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    month = MONTHS.index(m["m"][:3].lower()) + 1
    year = int(m["y"]) if m["y"] else now.year
    after = months_on(datetime(year, month, 1), 1)  # noqa: DTZ001
    back = ordinal(m["o"]) if m["o"] else 1
    return after - timedelta(days=back), after - timedelta(days=back - 1)


def _month_of_year(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    year = {"this": now.year, "next": now.year + 1, "last": now.year - 1}.get(m["w"].split()[0].lower())
    first = datetime(year or int(m["w"]), ordinal(m["o"]), 1)  # noqa: DTZ001
    return first, months_on(first, 1)


_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_TEENS = {"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
          "seventeen": 17, "eighteen": 18, "nineteen": 19}  # fmt: skip
_SPOKEN = "|".join([*_TENS, *_TEENS])


def _spoken_year(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    """Nineteen ninety six; two thousand and fifteen."""
    tens, ones = m["t"].lower(), (m["o"] or "").lower()
    rest = _TENS.get(tens, 0) + _TEENS.get(tens, 0) + (NUMBERS.get(ones, 0) if ones else 0)
    century = (
        2000
        if m["c"].lower().startswith("two")
        else {"nineteen": 1900, "twenty": 2000, "eighteen": 1800}[m["c"].lower()]
    )
    first = datetime(century + rest, 1, 1)  # noqa: DTZ001
    return first, datetime(century + rest + 1, 1, 1)  # noqa: DTZ001


def _short_day(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    index = DAYS.index(m["d"][:3].lower())
    first = floor(now, "day") + timedelta(days=(index - now.weekday() - 1) % 7 + 1 - (0 if ahead else 7))
    return first, first + timedelta(days=1)


def _end_of_year(m: re.Match[str], now: datetime, ahead: bool, _: Values) -> Stretch:
    year = int(m["y"])
    first, after = datetime(year, 1, 1), datetime(year + 1, 1, 1)  # noqa: DTZ001
    if m["p"].lower().startswith("mid"):
        return months_on(first, 4), months_on(first, 8)
    return (months_on(first, 8), after) if m["p"].lower() == "end" else (first, months_on(first, 3))


_BASE = (
    r"(?:today|tomorrow|tmrw|yesterday|now|right now|(?:next |last |this )?(?:[A-Z]?[a-z]+day)|"
    r"[A-Za-z' ]{4,22}?|\d{1,2}(?::\d\d)? ?[ap]m|[\d/]{6,10})"
)
_FEAST = "|".join(
    re.sub("(?<=[a-z])s (?=day|eve)", "'?s'? ", name) for name in sorted(FEASTS, key=len, reverse=True)
)
_CLOCK = r"\d{1,2}(?::\d\d)?(?:\s?[ap]m)?"
_Rule = Callable[
    [re.Match[str], datetime, bool, Values], Stretch | tuple[datetime, datetime, datetime] | None
]
_RULES: tuple[tuple[str, _Rule], ...] = (
    (rf"\b(?:on )?(?:(?:{WEEKDAY}),? )?(?:the )?(?P<o>{ORDINAL}) (?:of )(?P<m>{MONTH})"
     rf"(?:,? (?P<y>{YEARS}))?", _named_day),
    (rf"\b(?:on )?(?:(?:{WEEKDAY}),? )?(?P<m>{MONTH}),? (?:the )?(?P<o>{ORDINAL})(?! of)"
     rf"(?: ?,? (?P<y>{YEARS}))?", _named_day),
    (rf"\b(?:the )?(?P<o>{ORDINAL}|\d{{1,2}}) (?:of )?(?:the (?=next|last))?(?P<way>next|this|last|"
     rf"the) month\b", _of_month),
    (rf"\b(?:on )?(?P<d>{WEEKDAY}) (?:of |in )?(?P<w>next|this|last|following) week\b|\b(?P<w2>next|this|"
     rf"last) week (?:on )?"
     rf"(?P<d2>{WEEKDAY})", _day_of_week),
    (rf"\b(?P<n>{COUNT}) (?P<d>{WEEKDAY})s? from (?:now|today)\b", _weekdays_on),
    (rf"\b(?P<n>{COUNT}) (?P<u>{UNIT}) (?P<side>after|from|before|prior to) (?P<base>{_BASE})(?=[.,?!;]|$|"
     rf"\s(?:on|at|for)\b)", _counted),
    (rf"\b(?:(?:{MONTH}|on|\w+|\d+(?:th|st|nd|"
     rf"rd)?) )??(?:from )(?P<base>{_CLOCK}) for (?P<n>{COUNT}) (?P<u>{UNIT})(?: (?P<rest>\d+) "
     rf"min(?:ute)?s)?\b|\bfor (?P<n2>{COUNT}) (?P<u2>{UNIT}) (?:from|"
     rf"starting(?: from)?) (?P<base2>{_CLOCK})(?! ?\w)", _lasting),
    (rf"\b(?:for )?(?P<n>{COUNT}) (?P<u>{UNIT}) (?:starting|beginning)(?: from|"
     rf" on)? (?P<base>[\w ,:']{{3,28}}?)(?P<base2>)"
     rf"(?P<n2>)(?P<u2>)(?=[.?!;]|$)", _lasting),
    (rf"\b(?P<n>{COUNT}) (?P<u>weeks?|months?|years?) (?:ago|back)\b(?! \w+day)", _ago),
    (rf"\b(?:(?P<way>last|next|this|"
     rf"the) )?(?P<f>{_FEAST})(?: day)?(?: in (?P<n>)(?P<u>)(?P<ago>))?(?<= )?\b(?= ?$|[.,?!])(?<!\d)",
     _feast),
    (rf"\b(?P<way>)(?P<f>{_FEAST})(?: day)? (?:in )?(?P<n>{COUNT}) (?P<u>months?|"
     rf"years?)(?: (?:(?P<ago>ago)|hence|from now))?\b", _feast),
    (r"\b(?P<by>by )?(?:the |at the |at )?(?P<edge>(?-i:E|B))(?-i:O)(?P<u>(?-i:[DMY]))\b", _end_of),
    (rf"\b(?:the )?(?:(?P<o>{ORDINAL}) )?last day (?:of|in) (?P<m>{MONTH})(?: (?P<y>{YEARS}))?", _last_day),
    (rf"\b(?:the )?(?P<o>{ORDINAL}) month of (?P<w>{YEARS}|(?:this|next|last) year)\b", _month_of_year),
    (rf"\b(?P<c>nineteen|two thousand(?: and)?|twenty|eighteen) (?P<t>{_SPOKEN})(?:[ -](?P<o>one|two|"
     rf"three|four|five|six|seven|"
     rf"eight|nine))?\b(?! (?:first|second|third|\w+th)\b)", _spoken_year),
    (rf"\b(?:(?:from|between|in) )?(?P<a>{YEARS})\s?(?:-|–|to|and|through|till?|"
     rf"until)\s?(?P<b>{YEARS})\b(?![-/.]\d)", years),
    (rf"\b(?:(?:from|between) )?(?P<a>{MONTH})\s?(?:-|–|to|and|through|till?|"
     rf"until)\s?(?P<b>{MONTH})(?! \d{{1,2}}\b)"
     rf"(?:,? (?:in |of )?(?P<y>{YEARS}))?", months),
    (r"\b(?:the )?(?:same|calendar|this calendar|current) (?P<u>month|year|week)\b|\b(?:earlier|"
     r"later) (?P<way>this|last|next|previous) "
     r"(?P<u3>week|month|year)\b|\b(?:the )?(?P<u2>week|month|year|weekend) after next\b|"
     r"\b(?:the )?next (?P<u4>hour)\b", relative_unit),
    (r"\b(?:the )?day (?P<side>before|after)\b(?! (?:yes|tom|that|the|last|\w+day))", day_beside),
    (rf"\b(?:the )?next (?P<n>{COUNT}) (?:business|working|work) days?\b", working),
    (rf"\b(?:{COUNT} {UNIT} ?(?:and )?){{1,3}}later\b|\bin (?:{COUNT} {UNIT} ?(?:and )?){{2,3}}|"
     rf"\bin a fortnight\b", later),
    (r"(?:(?P<day>today|tomorrow) )?(?:at )?(?<![\d:.])\b(?P<h>1[0-2]|[1-9])(?P<half>[ap])\b(?![.'])",
     evening_hour),
    (r"\b(?:between|from) (?P<a>[01]\d[0-5]\d|2[0-3][0-5]\d)\s?(?:-|–|to|and)\s?(?P<b>[01]\d[0-5]\d|"
     r"2[0-3][0-5]\d)\b", four_digits),
    (r"\b(?:between|from) (?:now|today) (?:and|to|until|till) (?P<base>[\w ]{4,20}?)(?=[.,;?!]|$)", from_now),
    (rf"\bnext (?P<base>\d{{1,2}}/\d{{1,2}}|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{MONTH}|"
     rf"{MONTH} \d{{1,2}}(?:st|nd|rd|th)?)\b", next_date),
    (rf"\b(?P<y>{YEARS}) ?-?h(?P<half>[12])\b", half_of_year),
    (rf"\b(?:the )?(?P<edge>first|last) (?:(?P<n>{COUNT}) )?weeks? of (?P<p>{YEARS}|(?:last|this|"
     rf"next) month)\b", weeks_of),
    (rf"\bprevious (?P<d>{WEEKDAY})", previous_day),
    (rf"\b(?P<m>{MONTH})/(?P<o>\d{{1,2}})\b(?:/(?P<y>{YEARS}))?", _named_day),
    (rf"(?P<a>{YEARS})年?\s?(?:-|–|到|至)\s?(?P<b>{YEARS})年", years_zh),
    (r"(?<!\d)(?P<y>[零0][一二三四五六七八九\d])年(?!前)", short_year_zh),
    (rf"(?P<y>{YEARS}\s?年|今年|去年|明年)的?最后\s?(?P<n>{NUMERAL})\s?个?(?P<u>周|月|星期)", last_of_zh),
    (rf"还[剩有]\s?(?P<n>{NUMERAL})\s?个?(?P<u>小时|钟头|分钟)", left_zh),
    (r"^\W*(?P<d>mon|tues?|wed|thu|thurs?|fri|sat|sun)\.?\W*$", _short_day),
    (rf"\b(?:the )?(?P<p>end|middle|mid|beginning|start) of (?P<y>{YEARS})\b", _end_of_year),
)  # fmt: skip
_COMPILED = [(re.compile(pattern, re.IGNORECASE), rule) for pattern, rule in _RULES]


def find_counted(text: str, now: datetime, values_of: Values, *, ahead: bool) -> Iterator[Found]:
    """The times of a normal form that these rules find."""
    for pattern, rule in _COMPILED:
        for m in pattern.finditer(text):
            try:
                stretch = rule(m, now, ahead, values_of)
            except (ValueError, OverflowError, KeyError):
                continue
            if stretch is None:
                continue
            last = stretch[2] if len(stretch) == 3 else None
            yield Found(m.start(), m.end(), stretch[:2], is_point=stretch[0] == stretch[1], last=last)
