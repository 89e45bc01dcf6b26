"""The English words for days: yesterday in all its spellings, weekdays, dates, feasts, days ago. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from bot.extract import days
from bot.extract.clocks_en import NUMBERS
from bot.extract.days_feasts import ramadan_day

_DAYNAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun|wens|wends|wednes?|weds|thrus|thur|thirs|sater|satu|teus|tus)"
    r"day|(?-i:Mon|Tues?|Weds?|Thurs?|Thu|Fri|Sat|Sun|Weds|MON|TUE|"
    r"WED|THU|FRI|SAT|SUN)\b\.?)"
)
_SHORT_DAY = (
    r"(?-i:\b(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)\b)(?=,?\s(?:night|nite|nyt|morn|mrn|even|"
    r"evn|"
    r"evg|arvo|after|aft|lunch|noon|[ap]m\b|at \d|around \d|about \d|"
    r"\d{1,2}(?:st|nd|rd|th|[:.]\d\d|\s?[ap]m)|\d{3,4}\s?[ap]))|(?-i:\b(?:tues|weds|thurs)\b)|"
    r"(?-i:(?:(?<=\bon )|(?<=\blast )|(?<=\bthis ))(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|"
    r"sun)\b)(?! is\b)"
)
_MONTH = (
    r"(?:january|february|febuary|march|april|may|june|july|august|september|setember|october|november|"
    r"novemeber|"
    r"december|decemeber|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
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
    low = text.lower()
    found = {"th": 3, "te": 1, "tu": 1, "we": 2}.get(low[:2])
    return _DAYNAMES.index(low[:3]) if found is None else found


def _year(text: str | None) -> int | None:
    if not text:
        return None
    value = int(text)
    return value if value > 99 else 2000 + value if value < 60 else 1900 + value


YESTERDAY = r"(?:y[ea]?r?s?t?[eua]?r?d[ae]{1,2}y?s?|ytd|yest|ystd|y'day|yester|yestie)"
"""All its spellings: yday, ystrday, yestaday, yesterdae, yerterday …"""
_TODAY = r"(?:tod[ae]y|2day|tday|tdy|2dy|2dae|todae|toda)"
_RELATIVE = re.compile(
    rf"(?:(?:earlier|early|late|later) (?:on )?)?(?:(?P<two>(?:the )?day (?:b4|bfore|bfor|befor|"
    rf"before) {YESTERDAY}|"
    rf"other day yesterday)|(?P<one>{YESTERDAY})|{_TODAY})",
    re.IGNORECASE,
)


def _relative(m: re.Match[str]) -> days.Days | None:
    found = _RELATIVE.fullmatch(m[0].lower().removesuffix("'s"))
    return days.ago(2 if found["two"] else 1 if found["one"] else 0) if found else None


def _this_part(_: re.Match[str]) -> days.Days:
    return days.ago(0)


def _weekday(m: re.Match[str]) -> days.Days:
    index = _weekday_index(m["day"])
    after = (m["after"] or "").lower().strip()
    if (m["which"] or "").lower().startswith("last week") or after.endswith("last week"):
        return days.weekday(index, 1)
    if (m["which"] or "").lower().startswith("this week") or after.endswith("this week"):
        return days.weekday(index, 0)
    if after in ("before last", "gone week"):
        return days.shifted(days.last_weekday(index), -7)
    return days.last_weekday(index) if (m["which"] or "").lower() == "last" else days.weekday(index)


def _weeks_ago(m: re.Match[str]) -> days.Days:
    """A week ago Tuesday; two Saturdays ago: the latest such day counts as one."""
    weeks = 1 if "week" in m["n"].lower() else _count(m["n"]) or 1
    named = (m["a"] or m["b"]).lower()
    if named in ("today", "yesterday"):
        return days.ago(7 * weeks + (named == "yesterday"))
    weekday = days.last_weekday(_weekday_index(named))
    return days.shifted(weekday, -7 * (weeks - (1 if m["b"] else 0)))


def _date(m: re.Match[str]) -> days.Days | None:
    day, month = int(m["day"]), _month(m["month"])
    return days.calendar_day(month, day, _year(m["year"])) if 1 <= day <= 31 else None


def _iso(m: re.Match[str]) -> days.Days | None:
    return days.calendar_day(int(m["month"]), int(m["day"]), _year(m["year"]))


_CHILD_BEFORE = re.compile(
    r"\b(?:boys?|girls?|lads?|lass|kids?|child|children|teens?|aged?|about|maybe|looked|looks|"
    r"bata)\b[\s,(]{0,2}\Z",
    re.IGNORECASE,
)


def _slashed(m: re.Match[str]) -> days.Days | None:
    """4/3: month first or day first; both stay, the one that can be a date and lies nearer first."""
    a, b, year = int(m["a"]), int(m["b"]), _year(m["year"])
    if b == a + 1 and year is None and _CHILD_BEFORE.search(m.string, max(0, m.start() - 24), m.start()):
        return None
    readings = [days.calendar_day(x, y, year) for x, y in ((a, b), (b, a)) if 1 <= x <= 12 and 1 <= y <= 31]
    if not readings:
        return None

    def read(now: datetime, *, ahead: bool = False) -> list[days.Span]:
        found = [span for reading in readings for span in reading(now, ahead=ahead)[:1]]
        found = [span for span in found if ahead or year is not None or span.first <= now.date()]
        found.sort(key=lambda span: abs(now.date() - span.first))
        return [days.Span(s.first, s.after, 1.0 if i == 0 else 0.4) for i, s in enumerate(found)]

    return read


def _day_of_month(m: re.Match[str]) -> days.Days | None:
    day = int(m["day"])
    return days.day_of_month(day) if 1 <= day <= 31 else None


def _ago(m: re.Match[str]) -> days.Days | None:
    unit = m["unit"].lower().rstrip("s")
    scale = {
        "day": 1,
        "d": 1,
        "night": 1,
        "evening": 1,
        "week": 7,
        "wk": 7,
        "fortnight": 14,
        "month": 30,
        "year": 365,
    }[unit]
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


def _last_night(_: re.Match[str]) -> days.Days:
    return days.ago(1)


_NO_STREET = (
    r"(?! (?:street|st\b\.?|ave|avenue|road|rd|bridge|square|corridor|mosque|flyover|metro|stn|"
    r"station|school|"
)
_NO_STREET += r"market|hospital)\b)"

Rule = tuple[str, str, float, Callable[[re.Match[str]], days.Days | None]]
DAY_RULES: tuple[Rule, ...] = (
    (
        "relative",
        rf"\b(?:(?:earlier|early|late) (?:on )?)?(?:(?:the )?day (?:b4|bfore|bfor|befor|before) )?"
        rf"(?:{YESTERDAY}|{_TODAY})\b(?!'s(?! (?:morn|even|after|night|lunch)))(?:'s)?",
        0.7,
        _relative,
    ),
    (
        "this",
        r"\b(?:earlier |early |late |later )?(?:this|dis|ths|diz|d) (?:very |same |past )?(?=(?:early |"
        r"late |mid-?)?(?:m[ao]?w?rn|mori?n|"
        r"after?noon|afterno|aftanoon|aftern|aftrn|aftn|arvo|avo\b|aft\b|eve|evn|evg|lunch|noon|night|nite|"
        r"nyt|[ap]\.?m\b))|\bs(?=arvo\b)",
        0.7,
        _this_part,
    ),
    (
        "last night",
        r"\b(?:late |early |later )?(?:last|lst|las)[ -]?(?=(?:night|nite|nyt|nght|ngt|evening|evng|"
        r"evening's|eve)\b)",
        0.7,
        _last_night,
    ),
    ("last night", r"\bthe (?=night before last\b)", 0.7, lambda _: days.ago(2)),
    (
        "weeks ago",
        rf"\b(?P<n>a week|two|three|four|2|3|4) (?:ago (?:on |last |this past )?(?P<a>{WEEKDAY}|"
        rf"today|yesterday)|"
        rf"(?P<b>{WEEKDAY})s ago)",
        0.72,
        _weeks_ago,
    ),
    (
        "weekday",
        rf"\b(?:(?:early|late) (?:on )?)?"
        rf"(?:(?P<which>last week,?(?: on)?|this week,?(?: on)?|last|this past|this|"
        rf"past) )?(?P<day>{WEEKDAY}|{_SHORT_DAY})(?!'s)"
        r"(?P<after> (?:just gone|just past|before last|(?:of )?(?:last|this) week|last(?! (?:night|nite|"
        r"seen|week|year|month))|"
        r"gone(?=\s?[,.!;)]|$| i | at | around | about | the | a )|past(?=\s?[,.!;)]|$| i )))?",
        0.68,
        _weekday,
    ),
    (
        "weekday",
        rf"\b(?P<which>)(?P<day>{WEEKDAY})(?P<after>)(?: night)?\s?/\s?(?:{WEEKDAY}) (?=night|nite)",
        0.68,
        _weekday,
    ),
    (
        "weekday",
        rf"\b(?P<which>)(?:{WEEKDAY})(?: night)?\s?/\s?(?P<day>{WEEKDAY})(?P<after>) (?=morn)",
        0.68,
        _weekday,
    ),
    (
        "date",
        rf"(?<![:.\d])\b(?P<day>\d{{1,2}})(?:st|nd|rd|"
        rf"th)?(?: of)?[ -]?(?P<month>{_MONTH})(?:[, -]{{0,2}}(?: ?of| ?in)? ?(?P<year>(?:19|"
        rf"20)\d\d))?\b{_NO_STREET}",
        0.8,
        _date,
    ),
    (
        "date",
        rf"\b(?P<month>{_MONTH}),? ?(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d|"
        rf"\s?[ap]\.?m)(?: ?,?(?: of| in)? "
        rf"(?P<year>(?:19|20)\d\d)\b)?{_NO_STREET}",
        0.8,
        _date,
    ),
    (
        "date",
        r"(?<![\d./-])(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?![\d])",
        0.8,
        _iso,
    ),
    (
        "date",
        r"(?<![\d./-])(?P<a>[0-3]?\d)-(?P<b>[0-3]?\d)-(?P<year>(?:19|20)\d\d|[0-3]\d)(?![\d/-]|\.\d)",
        0.95,
        _slashed,
    ),
    (
        "date",
        r"(?<![\d./-])(?P<day>[0-3]?\d)\.(?P<month>[01]?\d)\.(?P<year>(?:19|20)\d\d|[0-3]\d)(?![\d/-]|\.\d)",
        0.95,
        _iso,
    ),
    (
        "weekday and day",
        rf"\b(?P<wd>{WEEKDAY}|{_SHORT_DAY})(?: the|,)? (?P<day>\d{{1,2}})(?:st|nd|rd|"
        rf"th)\b(?! (?:{_MONTH}|of))"
        rf"{_NO_STREET}",
        0.74,
        _day_of_month,
    ),
    ("date", r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?(?![\d/])", 0.6, _slashed),
    (
        "day of month",
        r"\bthe (?P<day>\d{1,2})(?:st|nd|rd|th)(?=\s?[,.;:!?()–—-]|$|\s(?:at|around|about|abt|bout|in the|"
        r"i|we|my|"
        r"of (?:this|last)|there|he|she|a|an|night|morn|even|after|between|from|near|outside|by|saw|just|"
        r"early|late|\d))"
        r"(?:\sof this month| last month)?",
        0.5,
        _day_of_month,
    ),
    (
        "fast day",
        r"\b(?P<day>[12]?\d|30)(?:st|nd|rd|th)?(?: of)? (?:ramadan|ramzan|ramadhan)\b",
        0.7,
        lambda m: ramadan_day(int(m["day"])),
    ),
    (
        "day of month",
        r"\b(?P<day>\d{1,2})(?:st|nd|rd|th) (?=(?:night|nite|morning|evening|afternoon|(?:at|around|about|"
        r"abt) \d)\b)",
        0.5,
        _day_of_month,
    ),
    ("day of month", r"(?<=day )(?P<day>\d{1,2})(?:st|nd|rd|th)\b", 0.5, _day_of_month),
    (
        "days ago",
        rf"\b(?:about |around |maybe |like |abt )?(?P<n>a few|few|several|some|{_COUNT})\s?(?P<unit>days?|"
        rf"d(?= ago)|nights?|"
        rf"evenings?|fortnights?|weeks?|wks?|months?|years?) (?:ago|back(?! (?:from|to|in|home))|earlier)\b",
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
)
