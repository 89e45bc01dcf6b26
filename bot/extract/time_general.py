"""Times that no sighting names but other texts do: last and next so many, quarters, decades.

Works on the plain values of a text; for measuring the grammar against others' specifications and for
texts that speak of plans. Naive local times throughout; nothing here is used to date a sighting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bot.extract.clocks_en import NUMBERS
from bot.extract.clocks_zh import NUMERAL, number
from bot.extract.time_spans import Found, Stretch, months_on
from bot.extract.timewords_en_names import FEASTS as EN_FEASTS
from bot.extract.timewords_zh_names import FEASTS as ZH_FEASTS

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)


def _day(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day)  # noqa: DTZ001 (local by contract)


def step(at: datetime, count: float, unit: str) -> datetime:
    """`count` units on from a time; whole ones for months, quarters and years."""
    per = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}.get(unit)
    if per:
        return months_on(at, int(count * per))
    hours = {
        "second": 1 / 3600,
        "minute": 1 / 60,
        "hour": 1,
        "day": 24,
        "week": 168,
        "fortnight": 336,
        "weekend": 168,
    }
    return at + timedelta(hours=count * hours[unit])


def floor(at: datetime, unit: str) -> datetime:
    """The beginning of the unit that a time lies in."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit in ("month", "quarter", "year", "decade", "century"):
        first = day.replace(day=1)
        if unit == "month":
            return first
        if unit == "quarter":
            return first.replace(month=(first.month - 1) // 3 * 3 + 1)
        size = {"year": 1, "decade": 10, "century": 100}[unit]
        return first.replace(month=1, year=max(1, first.year // size * size))
    if unit in ("hour", "minute", "second"):
        return at.replace(minute=at.minute if unit != "hour" else 0, second=0, microsecond=0)
    return day


_COUNT = (
    r"(?P<n>\d{1,3}|a couple of|a couple|couple of|a few|few|several|one|two|three|four|five|six|"
    r"seven|eight|nine|ten|"
    r"eleven|twelve|an?)"
)
_UNIT = (
    r"(?P<unit>second|minute|hour|day|night|week|fortnight|month|quarter|year|decade|century)s?|"
    r"(?P<short>min|hr|yr|sec)s?"
)
_UNITS_ZH = {
    "秒": "second", "分": "minute", "分钟": "minute", "小时": "hour", "钟头": "hour", "天": "day",
    "日": "day", "周": "week",
    "星期": "week", "礼拜": "week", "月": "month", "季度": "quarter", "年": "year", "季": "quarter",
}  # fmt: skip
_UNIT_ZH = "(?P<unit>" + "|".join(sorted(_UNITS_ZH, key=len, reverse=True)) + ")"
_Rule = Callable[[re.Match[str], datetime, bool], Stretch | None]


def _count(text: str) -> float:
    low = text.lower()
    if low.isdigit():
        return int(low)
    if "few" in low or low == "several":
        return 3
    return NUMBERS.get(low) or (2 if "couple" in low else 1)


def _count_zh(text: str) -> float | None:
    return 0.5 if text == "半" else 3 if text in ("几", "数") else number(text)


def _unit(m: re.Match[str]) -> str:
    short = {"min": "minute", "hr": "hour", "yr": "year", "sec": "second"}.get((m["short"] or "").lower())
    unit = short or m["unit"].lower()
    return "day" if unit == "night" else unit


def _base(now: datetime, unit: str) -> datetime:
    """Stretches of days and longer begin with the day; shorter ones with the moment."""
    return now if unit in ("second", "minute", "hour") else floor(now, "day")


def _run_en(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    count, unit = _count(m["n"] or "1"), _unit(m)
    return _run(count, unit, now, back=m["way"].lower() in ("last", "past", "previous", "prior", "preceding"))


def _run(count: float, unit: str, now: datetime, *, back: bool) -> Stretch:
    base = floor(now, unit) if unit == "quarter" else _base(now, unit)
    if back:
        return step(base, -count, unit), base
    first = base if unit in ("second", "minute", "hour") else step(base, 1, "day")
    return first, step(first, count, unit)


def _one_en(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    unit = _unit(m)
    way = {"last": -1, "past": -1, "previous": -1, "this": 0, "current": 0, "the": 0}.get(m["way"].lower(), 1)
    first = step(floor(now, unit), way, unit)
    return first, step(first, 1, unit)


def _run_zh(m: re.Match[str], now: datetime, ahead: bool) -> Stretch | None:
    count = _count_zh(m["n"])
    if count is None:
        return None
    back = m["way"] in ("过去", "前", "上", "最近", "过去的", "近")
    return _run(count, _UNITS_ZH[m["unit"]], now, back=back)


def _one_zh(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    unit, way = _UNITS_ZH[m["unit"]], m["way"]
    by = -len(way) if way[0] == "上" else len(way) if way[0] == "下" else 0
    if unit == "hour" and by < 0:
        return step(now, by, "hour"), now
    first = step(floor(now, unit), by, unit)
    return first, step(first, 1, unit)


def _quarter(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    groups = m.groupdict()
    named = groups.get("q") or groups.get("q2") or "1"
    words = {
        "first": 1,
        "1st": 1,
        "second": 2,
        "2nd": 2,
        "third": 3,
        "3rd": 3,
        "fourth": 4,
        "4th": 4,
        "last": 4,
    }
    quarter = int(named) if named.isdigit() else words.get(named.lower()) or number(named) or 1
    year = groups.get("y") or groups.get("y2")
    value = _year_of(year, now) if year else now.year
    first = _day(value, quarter * 3 - 2)
    return first, months_on(first, 3)


def _year_of(text: str, now: datetime) -> int:
    named = {"今年": 0, "去年": -1, "明年": 1, "this year": 0, "last year": -1, "next year": 1, "the year": 0}
    low = text.lower().strip()
    if low in named:
        return now.year + named[low]
    value = int(low) if low.isdigit() else 0
    return value if value > 99 else 2000 + value if value < 60 else 1900 + value


def _year(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    year = _year_of(m["y"], now)
    return _day(year), _day(year + 1)


def _decade(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    year = int(m["y"])
    return _day(year), _day(year + 10)


def _decade_zh(m: re.Match[str], now: datetime, ahead: bool) -> Stretch | None:
    tens = number(m["d"])
    century = number(m["c"]) if m["c"] else 20
    if tens is None or century is None or tens % 10 or not 1 <= century <= 21:
        return None
    year = (century - 1) * 100 + tens
    return _day(year), _day(year + 10)


def _month_year(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    month = m["m"]
    index = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    first = _day(int(m["y"]), index)
    return first, months_on(first, 1)


def _dated(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    month = m["m"]
    index = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    first = _day(int(m["y"]), index, int(m["d"]))
    return first, first + timedelta(days=1)


def _week_of(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    """The nth week: of a month the one with its nth Thursday, of a year the ISO week."""
    words = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 5}
    named = m["n"].lower().rstrip("stndrh") if m["n"][0].isdigit() else m["n"].lower()
    nth = int(named) if named.isdigit() else words.get(named, number(named) or 1)
    groups = m.groupdict()
    if groups.get("m"):
        year = int(groups["y"]) if groups.get("y") else now.year
        first = _day(year, _MONTHS.index(m["m"][:3].lower()) + 1)
        first += timedelta(days=(3 - first.weekday()) % 7 - 3 + 7 * (nth - 1))
    else:
        year = _year_of(groups["y"], now) if groups.get("y") else now.year
        first = floor(_day(year, 1, 4), "week") + timedelta(weeks=nth - 1)
    return first, first + timedelta(weeks=1)


def _half_year(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    if m["unit"] == "月":
        first = floor(now, "month")
        middle = first + timedelta(days=15)
        return (first, middle) if m["half"] == "上" else (middle, months_on(first, 1))
    year = _year_of(m["y"], now) if m["y"] else now.year
    return (_day(year), _day(year, 7)) if m["half"] == "上" else (_day(year, 7), _day(year + 1))


def _edge(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    """Beginning, middle and end: ten days of a month, three of a week, three or four months of a year."""
    unit = m["unit"].lower()
    if unit in ("week", "month", "year", "quarter"):
        way = {"last": -1, "next": 1, "coming": 1}.get((m["way"] or "").lower(), 0)
        first = step(floor(now, unit), way, unit)
        after = step(first, 1, unit)
    else:
        index = _MONTHS.index(unit[:3]) + 1
        year = int(m["y"]) if m["y"] else now.year + (1 if ahead and index < now.month else 0)
        first, unit = _day(year, index), "month"
        after = months_on(first, 1)
    part = m["part"].lower()
    if unit == "year":
        return (first, months_on(first, 3)) if part in _BEGINS else (months_on(first, 8), after)
    size = timedelta(days=3 if unit == "week" else 10)
    if part in _BEGINS:
        return first, first + size
    return (
        (first + size, first + 2 * size)
        if part.startswith("mid")
        else (first + 2 * size if unit == "month" else after - size, after)
    )


_BEGINS = ("beginning", "start", "early")


def _nth_weekday(m: re.Match[str], now: datetime, ahead: bool) -> Stretch | None:
    words = {
        "first": 1,
        "1st": 1,
        "second": 2,
        "2nd": 2,
        "third": 3,
        "3rd": 3,
        "fourth": 4,
        "4th": 4,
        "last": -1,
    }
    index = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(m["d"][:3].lower())
    month = _MONTHS.index(m["m"][:3].lower()) + 1
    year = int(m["y"]) if m["y"] else now.year + (1 if ahead and month < now.month else 0)
    first = _day(year, month)
    nth = words.get(m["n"].lower(), 1)
    day = first + timedelta(days=(index - first.weekday()) % 7 + 7 * (nth - 1)) if nth > 0 else None
    if day is None:
        end = months_on(first, 1)
        day = end - timedelta(days=(end.weekday() - index - 1) % 7 + 1)
    return day, day + timedelta(days=1)


def _days_range(m: re.Match[str], now: datetime, ahead: bool) -> Stretch:
    """From 13 to 15 July; July 13 through 15."""
    groups = m.groupdict()
    month = _MONTHS.index((groups.get("m") or groups["m2"])[:3].lower()) + 1
    first, last = int(groups.get("a") or groups["a2"]), int(groups.get("b") or groups["b2"])
    year = int(groups["y"]) if groups.get("y") else now.year
    if not groups.get("y") and ahead and _day(year, month, last) < now:
        year += 1
    return _day(year, month, first), _day(year, month, last) + timedelta(days=1)


def _feast_of_year(m: re.Match[str], now: datetime, ahead: bool) -> Stretch | None:
    name = " ".join((m["f"] or m["g"]).lower().split())
    year = _year_of(m["y"] or m["y2"], now)
    name = name.replace("'", "")
    feast = EN_FEASTS.get(name) or ZH_FEASTS.get(name) or ZH_FEASTS.get(name.removesuffix("节"))
    found = [s for s in feast(_day(year, 12, 31)) if s.first.year == year] if feast else []
    if not found:
        return None
    first = _day(found[0].first.year, found[0].first.month, found[0].first.day)
    return first, first + (found[0].after - found[0].first)


_FEAST_EN = "|".join(
    re.sub("(?<=[a-z])s (?=day|eve)", "'?s'? ", name) for name in sorted(EN_FEASTS, key=len, reverse=True)
)
_FEAST_ZH = "|".join(sorted(ZH_FEASTS, key=len, reverse=True))
_WEEKDAY_EN = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_TH = r"(?:st|nd|rd|th)?"
_ORDINAL = r"(?:1st|2nd|3rd|4th|5th|first|second|third|fourth|last)"
_YEARS = r"(?:(?:19|20)\d\d|(?:this|last|next|the) year)"
_RULES: tuple[tuple[str, _Rule], ...] = (
    (rf"\b(?:the |in the |within the |over the |during the )?(?P<way>last|past|previous|prior|next|"
        rf"coming|following) {_COUNT}\s(?:{_UNIT})\b", _run_en),
    (rf"\b(?P<n>\d{{1,2}}|two|three|four|five) (?P<way>last|past|previous|next|"
        rf"coming) (?:{_UNIT})\b", _run_en),
    (rf"\b(?P<way>last|past|previous|this|current|next|coming|following|"
        rf"upcoming) (?:{_UNIT})\b(?! \d)", _one_en),
    (r"\b(?:q(?P<q>[1-4])(?:[ -]?(?:of )?(?P<y>(?:19|20)\d\d))?|(?P<y2>(?:19|"
        r"20)\d\d)[ -]?q(?P<q2>[1-4]))\b", _quarter),
    (rf"\b(?:the )?(?P<q>{_ORDINAL}) (?:quarter|qtr)(?: (?:of |in )?(?P<y>{_YEARS}))?", _quarter),
    (rf"\b(?:the )?(?P<n>{_ORDINAL}) (?P<d>{_WEEKDAY_EN}) (?:of|"
        rf"in) (?P<m>{_MONTH})(?:,? (?P<y>(?:19|20)\d\d))?", _nth_weekday),
    (
        r"\b(?:at |in |around )?(?:the )?(?P<part>beginning|start|middle|end|early|late|"
        r"mid)(?: of)?(?: the)?(?: around)? "
        rf"?-?(?:(?P<way>this|last|next|coming) )?(?P<unit>week|month|year|{_MONTH})(?: (?P<y>(?:19|"
        rf"20)\d\d))?\b",
        _edge,
    ),
    (
        rf"\b(?:from )?(?:the )?(?P<a>\d{{1,2}}){_TH}\s?(?:-|–|to|through|till?|"
        rf"until)\s?(?:the )?(?P<b>\d{{1,2}}){_TH} "
        rf"(?:of )?(?P<m>{_MONTH})(?:,? (?P<y>(?:19|20)\d\d))?",
        _days_range,
    ),
    (
        rf"\b(?:from )?(?P<m2>{_MONTH}) (?P<a2>\d{{1,2}}){_TH}\s?(?:-|–|to|through|thru|till?|"
        rf"until)\s?(?:the )?"
        rf"(?P<b2>\d{{1,2}}){_TH}\b(?!:|\s?[ap]m)(?:,? (?P<y>(?:19|20)\d\d))?",
        _days_range,
    ),
    (
        rf"\b(?P<f>{_FEAST_EN})(?: day)?,? (?:of |in )?(?P<y>{_YEARS})|(?P<y2>\d{{4}}|今年|去年|"
        rf"明年)年?的?(?P<g>(?:{_FEAST_ZH})节?)",
        _feast_of_year,
    ),
    (rf"\b(?:the )?(?P<n>{_ORDINAL}) week (?:of|in) (?P<m>{_MONTH})(?: (?P<y>(?:19|20)\d\d))?", _week_of),
    (r"\bweek (?P<n>\d{1,2})(?: (?:of )?(?P<y>(?:19|20)\d\d))?\b(?!:)", _week_of),
    (r"\b(?:the )?(?P<y>(?:18|19|20)\d0)'?s\b", _decade),
    (rf"\b(?P<m>{_MONTH})(?:,? (?:of )?| ?[-/] ?)(?P<y>(?:18|19|20)\d\d)\b(?![-/]\d)", _month_year),
    (r"(?<![\d/-])(?P<y>(?:19|20)\d\d)[-/](?P<m>0[1-9]|1[0-2])(?![-/\d])", _month_year),
    (r"(?<![\d/.])(?P<d>0?[1-9]|[12]\d|3[01])\.(?P<m>0?[1-9]|1[0-2])\.(?P<y>(?:19|20)\d\d)(?!\d)", _dated),
    (rf"\b(?P<y>(?:19|20)\d\d)[-/ ](?P<m>{_MONTH})[-/ ](?P<d>\d{{1,2}})\b", _dated),
    (rf"\b(?P<m>{_MONTH})-(?P<y>(?:19|20)\d\d)-(?P<d>\d{{1,2}})\b", _dated),
    (r"(?<![\d/.:-])(?:\b(?:in |the |in the )?year )?(?P<y>(?:19|20)\d\d)(?![\d/.:%-]|\s?(?:年|hrs|"
        r"hours|people|\$))", _year),
    (rf"(?P<way>过去的?|最近|近|前|后|未来|接下来的?|上|下)(?P<n>半|几|数|"
        rf"{NUMERAL})个?{_UNIT_ZH}(?!前|后|初|底|末)", _run_zh),
    (rf"(?P<way>上上|上|下下|下|这|本)个?{_UNIT_ZH}(?![一二三四五六日天末\d初底])", _one_zh),
    (r"(?:(?P<y>\d{4}|今年|去年|明年)年?的?)?(?:第)?(?P<q>[一二三四1-4])季度", _quarter),
    (r"(?P<y>\d{4}|今年|去年|明年)年?的?第(?P<n>[一二三四五六七八九十\d]{1,2})(?:周|个?星期)", _week_of),
    (r"(?:(?P<y>\d{4}|今年|去年|明年)年?)?(?P<half>[上下])半(?P<unit>年|月)", _half_year),
    (r"(?:(?P<c>[一二三四五六七八九十\d]{1,3})世纪)?(?P<d>[一二三四五六七八九]十|\d0)年代", _decade_zh),
    (r"(?<!\d)(?P<y>\d{2}|\d{4})\s?年(?![\d一二三四五六七八九十前后代]|\d)", _year),
)  # fmt: skip
_COMPILED = [(re.compile(pattern, re.IGNORECASE), rule) for pattern, rule in _RULES]


def find_general(text: str, now: datetime, *, ahead: bool) -> Iterator[Found]:
    """The stretches that these rules find in a normal form."""
    for pattern, rule in _COMPILED:
        for m in pattern.finditer(text):
            try:
                stretch = rule(m, now, ahead)
            except (ValueError, OverflowError, KeyError):
                continue
            if stretch is not None:
                yield Found(m.start(), m.end(), stretch)
