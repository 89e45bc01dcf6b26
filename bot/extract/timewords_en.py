"""The English words for time (and a few that English posts borrow), found in the normal form. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from bot.extract import days
from bot.extract.clocks_en import NUMBERS, find_clocks, with_ranges
from bot.extract.days_feasts import ramadan_day
from bot.extract.prefilter import Gate
from bot.extract.timewords import Hours, Role, Word, with_day_ranges, without_overlaps
from bot.extract.timewords_ahead import find_ahead_en
from bot.extract.timewords_en_casual import find_borrowed, find_elapsed
from bot.extract.timewords_en_names import FEASTS, PARTS

_DAYNAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?-i:Mon|Tues?|Weds?|Thurs?|Thu|Fri|Sat|Sun|Weds|MON|TUE|"
    r"WED|THU|FRI|SAT|SUN)\b\.?)"
)
_SHORT_DAY = (
    r"(?-i:\b(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)\b)(?=\s(?:night|nite|nyt|morn|even|arvo|"
    r"after|"
    r"\d{1,2}(?:st|nd|rd|th|[:.]\d\d|\s?[ap]m)))"
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


_RELATIVE: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("today", "earlier today", "2day", "tday", "tdy", "2dy"), (0, 0)),
    **dict.fromkeys(("yesterday", "yesterdays", "yday", "y'day", "yest", "ytd", "ystd", "ystdy", "ystday",
    "ystrday",
                     "yestrday", "yesturday", "yesterdy", "yestday", "ysterday"), (1, 0)),
    **dict.fromkeys(("the day before yesterday", "day before yesterday"), (2, 0)),
}  # fmt: skip


def _relative(m: re.Match[str]) -> days.Days:
    return days.ago(*_RELATIVE[" ".join(m[0].lower().split())])


def _this_part(_: re.Match[str]) -> days.Days:
    return days.ago(0)


def _weekday(m: re.Match[str]) -> days.Days:
    index = _weekday_index(m["day"])
    if (m["which"] or "").lower().startswith("last week"):
        return days.weekday(index, 1)
    after = (m["after"] or "").lower().strip()
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
    back = 0 if which == "this" or (which == "the" and unit != "weekend") else 1
    if unit == "weekend":
        return days.weekend(None if which in ("this", "over the", "the", "at the") else back)
    if unit == "week":
        return days.week(back)
    return days.months_ago(back) if unit == "month" else days.whole_year(back=back)


def _feast(m: re.Match[str]) -> days.Days:
    return FEASTS[" ".join(m["feast"].lower().replace("'", "").split())]


def _last_night(_: re.Match[str]) -> days.Days:
    return days.ago(1)


_FEAST = "|".join(
    re.sub("(?<=[a-z])s (?=day|eve)", "'?s'? ", name).replace("fools", "fool'?s")
    for name in sorted(FEASTS, key=len, reverse=True)
)
_NO_STREET = (
    r"(?! (?:street|st\b\.?|ave|avenue|road|rd|bridge|square|corridor|mosque|flyover|metro|stn|"
    r"station|school|"
)
_NO_STREET += r"market|hospital)\b)"

_DAY_RULES: tuple[tuple[str, str, float, Callable[[re.Match[str]], days.Days | None]], ...] = (
    (
        "relative",
        "|".join(rf"\b{w}\b(?!'s)" for w in sorted(_RELATIVE, key=len, reverse=True)),
        0.7,
        _relative,
    ),
    (
        "this",
        r"\b(?:earlier )?this (?=(?:early |late |mid-?)?(?:morn|after?noon|aftanoon|aftern|arvo|avo\b|"
        r"aft\b|eve|evn|lunch|noon))",
        0.7,
        _this_part,
    ),
    ("last night", r"\b(?:late )?last ?(?=(?:night|nite|nyt|evening|eve)\b)", 0.7, _last_night),
    ("last night", r"\bthe (?=night before last\b)", 0.7, lambda _: days.ago(2)),
    (
        "weeks ago",
        rf"\b(?P<n>a week|two|three|four|2|3|4) (?:ago (?:on |last |this past )?(?P<a>{_WEEKDAY}|"
        rf"today|yesterday)|"
        rf"(?P<b>{_WEEKDAY})s ago)",
        0.72,
        _weeks_ago,
    ),
    (
        "weekday",
        rf"\b(?:(?:early |late )(?=\w{{3,9}}\.? (?:night|nite|morn|after|even)))?"
        rf"(?:(?P<which>last week|last|this past|this|past) )?(?P<day>{_WEEKDAY}|{_SHORT_DAY})(?!'s)"
        r"(?P<after> (?:last|just gone|just past|before last))?",
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
        rf"\b(?P<month>{_MONTH}),? ?(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?: ?,?(?: of| in)? "
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
        r"(?<![\d./-])(?P<day>[0-3]?\d)[-.](?P<month>[01]?\d)[-.](?P<year>(?:19|20)\d\d|[0-3]\d)(?![\d./-])",
        0.75,
        _iso,
    ),
    (
        "weekday and day",
        rf"\b(?P<wd>{_WEEKDAY}|{_SHORT_DAY})(?: the|,)? (?P<day>\d{{1,2}})(?:st|nd|rd|"
        rf"th)\b(?! (?:{_MONTH}|of))"
        rf"{_NO_STREET}",
        0.74,
        _day_of_month,
    ),
    ("date", r"(?<![\d/])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?(?![\d/])", 0.6, _slashed),
    (
        "day of month",
        r"\b(?:on )?the (?P<day>\d{1,2})(?:st|nd|rd|th)\b(?! (?:floor|street|st|ave|avenue|time|grade|"
        r"hour))",
        0.5,
        _day_of_month,
    ),
    (
        "fast day",
        r"\b(?P<day>[12]?\d|30)(?:st|nd|rd|th)?(?: of)? (?:ramadan|ramzan|ramadhan)\b",
        0.7,
        lambda m: ramadan_day(int(m["day"])),
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
        r"year)\b(?! (?:ago|of|before|after|and|\d))",
        0.4,
        _last_unit,
    ),
    (
        "lately",
        r"\bthe other (?:day|night|week)\b|\brecently\b|\ba while (?:ago|back)\b",
        0.25,
        lambda _: days.back_to(10, 1),
    ),
    (
        "feast",
        rf"\b(?P<feast>{_FEAST})\b(?: k?e? ?din| wale din| ki raat)?(?! (?:costume|outfit|party|lights?|"
        rf"tree|tokens?|shopping|dress|"
        r"carols?|market|hampers?|cards?|presents?|gifts?|sweets?|rush|sale|break|fund|drive|mood|"
        r"jumper)s?\b)",
        0.4,
        _feast,
    ),
)

# --- parts of the day -------------------------------------------------------------------------

_PART = re.compile(
    r"\b(?:in the |at |around |about |near |that )?(?P<part>"
    + "|".join(sorted(PARTS, key=len, reverse=True))
    + r")\b"
    r"(?!\s(?:market|bus|shift|school|club|life|of|prayers|service|train|show|news))",
    re.IGNORECASE,
)
_EARLY = re.compile(rf"\b(early|late) (?:on )?(?:{_WEEKDAY}|yesterday|this|that|today) \Z", re.IGNORECASE)
_ABBREVIATED = re.compile(
    r"(?<=this )aft\b|(?<=day )eve\b|(?<=\b(?:Sat|Sun|Mon|Tue|Wed|Thu|Fri) )eve\b|(?<=day )[ap]\.?m\b\.?",
    re.IGNORECASE,
)
_TONIGHT = re.compile(
    r"\b(?:earlier )?(?:tonights?|tonite|2nite|2night)\b|\bthe night\b(?=[.,!?]|$)", re.IGNORECASE
)


def _part_words(text: str, worth: set[str]) -> Iterator[Word]:
    for m in islice(_PART.finditer(text), _MOST) if "part" in worth else ():
        start, hours = m.start(), PARTS[m["part"].lower()]
        lead = _EARLY.search(text, max(0, start - 22), start)
        if lead and m["part"].lower() in ("morning", "evening", "afternoon", "night"):
            hours = PARTS.get(f"{lead[1].lower()} {m['part'].lower()}", hours)
        if text[max(0, start - 5) : start].lower() in ("late ", " late") or re.search(
            r"\blate last $", text[:start][-10:], re.IGNORECASE
        ):
            hours = Hours(22, 24, "night") if hours.half == "night" else hours
        yield Word(start, m.end(), Role.PART, "part of day", 0.6, hours=hours)
    for m in _ABBREVIATED.finditer(text) if "short" in worth else ():
        short = {"e": Hours(17, 21, "night"), "p": Hours(12, 18, "pm"), "am": Hours(6, 12, "am")}
        hours = short.get(m[0][0].lower()) or short["am" if "m" in m[0].lower() else "p"]
        yield Word(m.start(), m.end(), Role.PART, "part of day", 0.6, hours=hours)
    for m in _TONIGHT.finditer(text) if "tonight" in worth else ():
        yield Word(m.start(), m.end(), Role.PART, "tonight", 0.7, hours=Hours(17, 24, "night"))


def _other_words(text: str) -> Iterator[Word]:
    yield from find_elapsed(text)
    yield from find_borrowed(text)
    yield from find_ahead_en(text)


_COMPILED = [(rule, re.compile(p, re.IGNORECASE), score, make) for rule, p, score, make in _DAY_RULES]
_OTHERS = (
    ("part", _PART), ("short", _ABBREVIATED), ("tonight", _TONIGHT),
)  # fmt: skip
_GATE = Gate(
    [
        *((str(at), pattern) for at, (_, pattern, _, _) in enumerate(_DAY_RULES)),
        *((name, compiled.pattern) for name, compiled in _OTHERS),
    ]
)
_TO = re.compile(r"\s?(?:-|–|—|to|till|until|through|thru)\s?", re.IGNORECASE)
_GLUE = re.compile(
    r"(?:\. |[\s,]{0,2})(?:(?:at|on|in the|in d|in|of|around|about|bout|abt|like|by|the|somewhere|-|–|—|@|"
    r"round|ng|nang|bandang|mga|ki|ke|ko|k|wale din|k din|ke din|at the time of|maybe|prob(?:ably)?|"
    r"\()\s?){0,2}",
    re.IGNORECASE,
)


_MOST = 60
"""So many matches of one rule are read: no post has more, and soups of date words do."""


def is_glue(gap: str) -> bool:
    """Whether these characters may stand between two pieces of one expression."""
    return len(gap) <= 12 and _GLUE.fullmatch(gap) is not None


def find_words(text: str) -> list[Word]:
    """All pieces of time in a normal form, in order, none overlapping."""
    worth = _GATE.open(text)
    words = [*find_clocks(text), *_part_words(text, worth), *_other_words(text)]
    for at, (rule, pattern, score, make) in enumerate(_COMPILED):
        if str(at) not in worth:
            continue
        for m in islice(pattern.finditer(text), _MOST):
            meaning = make(m)
            if meaning and m.end() > m.start():
                start, end = m.start(), m.end()
                while text[end - 1] == " " and end - 1 > start:
                    end -= 1
                words.append(Word(start, end, Role.DAY, rule, score, days=meaning))
    words = with_ranges(without_overlaps(words), text)
    return with_day_ranges(words, lambda gap: _TO.fullmatch(gap) is not None, text)
