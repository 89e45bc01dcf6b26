"""The English words for time (and a few that English posts borrow), found in the normal form. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from bot.extract import days
from bot.extract.clocks_en import NUMBERS, find_clocks, with_ranges
from bot.extract.timewords import Hours, Role, Word, without_overlaps

_DAYNAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?-i:Mon|Tues?|Wed|Thurs?|Thu|Fri|Sat|Sun|MON|TUE|"
    r"WED|THU|FRI|SAT|SUN)\b\.?)"
)
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|(?:jan|"
    r"feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
_COUNT = (
    r"(?:\d{1,3}|a couple of|couple of|a couple|couple|one|two|three|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|an?)"
)


def _count(text: str) -> int | None:
    return int(text) if text.isdigit() else NUMBERS.get(text.lower())


def _month(text: str) -> int:
    return _MONTHS.index(text[:3].lower()) + 1


def _weekday_index(text: str) -> int:
    return _DAYNAMES.index(text[:3].lower())


def _year(text: str | None) -> int | None:
    if not text:
        return None
    value = int(text)
    return value if value > 99 else 2000 + value if value < 60 else 1900 + value


# --- days -------------------------------------------------------------------------------------

_FEASTS: dict[str, days.Days] = {
    "christmas eve": days.calendar_day(12, 24), "xmas eve": days.calendar_day(12, 24),
    "christmas day": days.calendar_day(12, 25), "christmas": days.calendar_day(12, 25),
    "xmas": days.calendar_day(12, 25), "boxing day": days.calendar_day(12, 26),
    "new year's eve": days.latest_of(days.calendar_day(12, 31), days.new_years_eve()),
    "new years eve": days.latest_of(days.calendar_day(12, 31), days.new_years_eve()),
    "nye": days.calendar_day(12, 31), "hogmanay": days.calendar_day(12, 31),
    "new year's day": days.calendar_day(1, 1), "new years day": days.calendar_day(1, 1),
    "valentine's day": days.calendar_day(2, 14), "valentines day": days.calendar_day(2, 14),
    "st patrick's day": days.calendar_day(3, 17), "paddy's day": days.calendar_day(3, 17),
    "halloween": days.calendar_day(10, 31), "bonfire night": days.calendar_day(11, 5),
    "guy fawkes": days.calendar_day(11, 5), "the fourth of july": days.calendar_day(7, 4),
    "independence day": days.calendar_day(7, 4), "veterans day": days.calendar_day(11, 11),
    "anzac day": days.calendar_day(4, 25), "may day": days.calendar_day(5, 1),
    "thanksgiving": days.computed(lambda y: days.nth_weekday(y, 11, 3, 4)),
    "black friday": days.computed(lambda y: _after(days.nth_weekday(y, 11, 3, 4))),
    "mlk day": days.computed(lambda y: days.nth_weekday(y, 1, 0, 3)),
    "labor day": days.computed(lambda y: days.nth_weekday(y, 9, 0, 1)),
    "easter sunday": days.computed(days.easter), "easter": days.computed(days.easter),
    "good friday": days.computed(lambda y: days.easter(y, -2)),
    "easter monday": days.computed(lambda y: days.easter(y, 1)),
    "chinese new year's eve": days.new_years_eve(), "cny eve": days.new_years_eve(),
    "chinese new year": days.lunar_day(1, 1), "lunar new year": days.lunar_day(1, 1),
    "first day of cny": days.lunar_day(1, 1), "lantern festival": days.lunar_day(1, 15),
    "mid-autumn festival": days.lunar_day(8, 15), "dragon boat festival": days.lunar_day(5, 5),
}  # fmt: skip


def _after(day: date | None) -> date | None:
    return day + timedelta(days=1) if day else None


_RELATIVE: dict[str, tuple[int, int]] = {
    "today": (0, 0), "earlier today": (0, 0), "kanina": (0, 0), "aaj": (0, 0),
    "yesterday": (1, 0), "yday": (1, 0), "kahapon": (1, 0),
    "the day before yesterday": (2, 0), "day before yesterday": (2, 0), "parso": (2, 0), "parson": (2, 0),
}  # fmt: skip


def _relative(m: re.Match[str]) -> days.Days:
    return days.ago(*_RELATIVE[" ".join(m[0].lower().split())])


def _this_part(_: re.Match[str]) -> days.Days:
    return days.ago(0)


def _weekday(m: re.Match[str]) -> days.Days:
    index = _weekday_index(m["day"])
    return days.last_weekday(index) if (m["which"] or "").lower() == "last" else days.weekday(index)


def _date(m: re.Match[str]) -> days.Days | None:
    day, month = int(m["day"]), _month(m["month"])
    return days.calendar_day(month, day, _year(m["year"])) if 1 <= day <= 31 else None


def _iso(m: re.Match[str]) -> days.Days | None:
    return days.calendar_day(int(m["month"]), int(m["day"]), int(m["year"]))


def _slashed(m: re.Match[str]) -> days.Days | None:
    """4/3: month first or day first; both stay, the one that can be a date and lies nearer first."""
    a, b, year = int(m["a"]), int(m["b"]), _year(m["year"])
    readings = [days.calendar_day(x, y, year) for x, y in ((a, b), (b, a)) if 1 <= x <= 12 and 1 <= y <= 31]
    if not readings:
        return None

    def read(now: datetime) -> list[days.Span]:
        found = [span for reading in readings for span in reading(now)[:1] if span.first <= now.date()]
        found.sort(key=lambda span: now.date() - span.first)
        return [days.Span(s.first, s.after, 1.0 if i == 0 else 0.4) for i, s in enumerate(found)]

    return read


def _day_of_month(m: re.Match[str]) -> days.Days | None:
    day = int(m["day"])
    return days.day_of_month(day) if 1 <= day <= 31 else None


def _ago(m: re.Match[str]) -> days.Days | None:
    unit = m["unit"].lower().rstrip("s")
    scale = {"day": 1, "night": 1, "week": 7, "month": 30, "year": 365}[unit]
    words = m["n"].lower()
    if words in ("a few", "few", "several", "some"):
        return days.back_to(6 * scale, 2 * scale)
    count = _count(words)
    if count is None:
        return None
    return days.ago(count * scale, 0 if scale == 1 else max(1, count * scale // 7))


def _month_only(m: re.Match[str]) -> days.Days:
    first, last = {"early": (1, 10), "mid": (11, 20), "late": (21, 31), "end": (21, 31)}.get(
        (m["part"] or "").lower().split(" ")[0].rstrip("-"), (1, 31)
    )
    return days.month_part(_month(m["month"]), first, last, _year(m["year"]))


def _last_unit(m: re.Match[str]) -> days.Days:
    which, unit = m["which"].lower(), m["unit"].lower()
    back = 0 if which == "this" else 1
    if unit == "weekend":
        return days.weekend(None if which in ("this", "over the", "the", "at the") else back)
    if unit == "week":
        return days.week(back)
    return days.months_ago(back) if unit == "month" else days.whole_year(back=back)


def _feast(m: re.Match[str]) -> days.Days:
    return _FEASTS[" ".join(m["feast"].lower().split())]


def _last_night(_: re.Match[str]) -> days.Days:
    return days.ago(1)


_DAY_RULES: tuple[tuple[str, str, float, Callable[[re.Match[str]], days.Days | None]], ...] = (
    (
        "relative",
        "|".join(rf"\b{w}\b(?!'s)" for w in sorted(_RELATIVE, key=len, reverse=True)),
        0.7,
        _relative,
    ),
    (
        "this",
        r"\b(?:earlier )?this (?=(?:early |late )?(?:morning|afternoon|evening|lunchtime|"
        r"noon))",
        0.7,
        _this_part,
    ),
    ("last night", r"\b(?:late )?last (?=(?:night|evening)\b)", 0.7, _last_night),
    ("weekday", rf"\b(?:(?P<which>last|this past|this|past|on) )?(?P<day>{_WEEKDAY})(?!'s)", 0.68, _weekday),
    (
        "date",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|"
        rf"th)?(?: of)? (?P<month>{_MONTH})(?:,? (?P<year>\d{{4}}))?\b",
        0.8,
        _date,
    ),
    (
        "date",
        rf"\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (?P<year>(?:19|"
        rf"20)\d\d)\b)?",
        0.8,
        _date,
    ),
    ("date", r"\b(?P<year>(?:19|20)\d\d)[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})\b", 0.8, _iso),
    ("date", r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?(?![\d/])", 0.6, _slashed),
    (
        "day of month",
        r"\b(?:on )?the (?P<day>\d{1,2})(?:st|nd|rd|th)\b(?! (?:floor|street|st|ave|avenue|time|grade|"
        r"hour))",
        0.5,
        _day_of_month,
    ),
    ("day of month", r"(?<=day )(?P<day>\d{1,2})(?:st|nd|rd|th)\b", 0.5, _day_of_month),
    (
        "days ago",
        rf"\b(?P<n>a few|few|several|some|{_COUNT}) (?P<unit>days?|nights?|weeks?|months?|"
        rf"years?) (?:ago|back|earlier)\b",
        0.6,
        _ago,
    ),
    (
        "month",
        r"\b(?:(?P<part>early|mid|late|end of)[ -])?(?:in )?(?P<month>january|february|(?-i:March)|"
        r"april|june|july|august|september|october|november|december|"
        r"(?<=in )(?-i:May))(?: (?P<year>(?:19|20)\d\d))?\b",
        0.3,
        _month_only,
    ),
    ("year", r"\bin (?P<year>(?:19|20)\d\d)\b", 0.15, lambda m: days.whole_year(int(m["year"]))),
    (
        "last",
        r"\b(?P<which>last|this past|this|over the|the|at the) (?P<unit>weekend|week|month|"
        r"year)\b",
        0.4,
        _last_unit,
    ),
    (
        "lately",
        r"\bthe other (?:day|night)\b|\brecently\b|\ba while (?:ago|back)\b",
        0.25,
        lambda _: days.back_to(10, 1),
    ),
    (
        "feast",
        r"\b(?P<feast>" + "|".join(sorted(_FEASTS, key=len, reverse=True)).replace("'", "'?") + r")\b",
        0.4,
        _feast,
    ),
)

# --- parts of the day -------------------------------------------------------------------------

_PARTS: dict[str, Hours] = {
    "early morning": Hours(5, 9, "am"), "early hours": Hours(0, 6, "am"),
    "small hours": Hours(0, 6, "am"), "wee hours": Hours(0, 6, "am"), "late morning": Hours(10, 12, "am"),
    "morning": Hours(6, 12, "am"), "rush hour": Hours(7, 19), "dawn": Hours(5, 7.5, "am"),
    "daybreak": Hours(5, 7.5, "am"), "sunrise": Hours(5, 7.5, "am"), "midday": Hours(11, 13.5, "noon"),
    "noon": Hours(11, 13.5, "noon"), "lunchtime": Hours(11, 13.5, "noon"),
    "lunch time": Hours(11, 13.5, "noon"), "at lunch": Hours(11, 13.5, "noon"),
    "siesta time": Hours(13, 17, "pm"), "early afternoon": Hours(12, 15, "pm"),
    "late afternoon": Hours(15, 18, "pm"), "afternoon": Hours(12, 18, "pm"),
    "after school": Hours(15, 18, "pm"), "teatime": Hours(16, 18.5, "pm"),
    "early evening": Hours(17, 20, "pm"), "dinner time": Hours(18, 21, "pm"),
    "dinnertime": Hours(18, 21, "pm"), "late evening": Hours(20, 23, "night"),
    "evening": Hours(17, 21, "night"), "dusk": Hours(17, 20, "pm"), "sunset": Hours(17, 20, "pm"),
    "near iftar": Hours(17, 20, "pm"), "iftar": Hours(17, 20, "pm"), "late night": Hours(22, 24, "night"),
    "late at night": Hours(22, 24, "night"), "at night": Hours(20, 24, "night"),
    "night": Hours(20, 24, "night"), "subah": Hours(6, 12, "am"), "umaga": Hours(6, 12, "am"),
    "hapon": Hours(12, 18, "pm"), "shaam": Hours(17, 20, "pm"), "gabi": Hours(20, 24, "night"),
    "raat": Hours(20, 24, "night"),
}  # fmt: skip
_PART = re.compile(
    r"\b(?:in the |at |around |about |near |that )?(?P<part>"
    + "|".join(sorted(_PARTS, key=len, reverse=True))
    + r")\b"
    r"(?!\s(?:market|bus|shift|school|club|life|of|prayers|service|train|show|news))",
    re.IGNORECASE,
)
_TONIGHT = re.compile(r"\b(?:earlier )?tonight\b|\bthe night\b(?=[.,!?]|$)", re.IGNORECASE)
_WHOLE = {
    "kaninang umaga": (0, Hours(6, 12, "am")),
    "kaninang hapon": (0, Hours(12, 18, "pm")),
    "kagabi": (1, Hours(20, 24, "night")),
}
_BORROWED = re.compile(r"\b(?:" + "|".join(_WHOLE) + r")\b", re.IGNORECASE)


def _part_words(text: str) -> Iterator[Word]:
    for m in _PART.finditer(text):
        start, hours = m.start(), _PARTS[m["part"].lower()]
        if text[max(0, start - 5) : start].lower() in ("late ", " late") or re.search(
            r"\blate last $", text[:start][-10:], re.IGNORECASE
        ):
            hours = Hours(22, 24, "night") if hours.half == "night" else hours
        yield Word(start, m.end(), Role.PART, "part of day", 0.6, hours=hours)
    for m in _TONIGHT.finditer(text):
        yield Word(m.start(), m.end(), Role.PART, "tonight", 0.7, hours=Hours(17, 24, "night"))
    for m in _BORROWED.finditer(text):
        back, hours = _WHOLE[m[0].lower()]
        yield Word(m.start(), m.end(), Role.DAY, "borrowed", 0.75, days=days.ago(back), hours=hours)


# --- how long ago, just now, the future -------------------------------------------------------

_AGO = re.compile(
    rf"\b(?P<near>about |around |approx |over |just )?(?P<n>half an|a few|few|several|"
    rf"{_COUNT})\s?(?P<unit>minutes?|mins?|hours?|hrs?)(?P<half> and a half)? (?:ago|back)\b",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:just now|right now|a moment ago|moments ago|just (?:saw|seen|spotted|passed|took|"
    r"walked|noticed)|i just\b|as i type)",
    re.IGNORECASE,
)
_FUTURE = re.compile(
    rf"\btomorrow\b|\bnext (?:week|month|year|{_WEEKDAY})|\b(?:by|until|till|"
    rf"before) (?=\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH})|\bupcoming\b",
    re.IGNORECASE,
)


def _other_words(text: str) -> Iterator[Word]:
    for m in _AGO.finditer(text):
        unit = 60 if m["unit"][0].lower() == "h" else 1
        name = m["n"].lower()
        if name in ("a few", "few", "several"):
            back = (8.0 * unit if unit == 1 else 6.0 * unit, 2.0 * unit)
        else:
            count = 0.5 if name == "half an" else float(_count(name) or 1)
            count += 0.5 if m["half"] else 0.0
            slack = max(5.0, min(30.0, count * unit / 2))
            back = (count * unit + slack, count * unit - slack)
        yield Word(m.start(), m.end(), Role.BACK, "time ago", 0.85, back_min=back)
    for m in _NOW.finditer(text):
        yield Word(
            m.start(),
            m.end(),
            Role.BACK,
            "just now",
            0.75 if "now" in m[0].lower() else 0.5,
            back_min=(30.0, 0.0),
        )
    for m in _FUTURE.finditer(text):
        yield Word(m.start(), m.end(), Role.FUTURE, "future", 0.0)


_COMPILED = [(rule, re.compile(p, re.IGNORECASE), score, make) for rule, p, score, make in _DAY_RULES]
_GLUE = re.compile(
    r"[\s,]{0,2}(?:(?:at|on|in the|in|of|around|about|by|the|somewhere|-|–|—|@|\()\s?){0,2}", re.IGNORECASE
)


def is_glue(gap: str) -> bool:
    """Whether these characters may stand between two pieces of one expression."""
    return len(gap) <= 12 and _GLUE.fullmatch(gap) is not None


def find_words(text: str) -> list[Word]:
    """All pieces of time in a normal form, in order, none overlapping."""
    words = [*_part_words(text), *find_clocks(text), *_other_words(text)]
    for rule, pattern, score, make in _COMPILED:
        for m in pattern.finditer(text):
            meaning = make(m)
            if meaning and m.end() > m.start():
                start, end = m.start(), m.end()
                while text[end - 1] == " " and end - 1 > start:
                    end -= 1
                words.append(Word(start, end, Role.DAY, rule, score, days=meaning))
    return with_ranges(without_overlaps(words), text)
