"""The words for times that lie ahead, Chinese and English: found so that they are not taken for the past.

A sighting has happened, so these never date one; their values serve whoever reads other texts. Words only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from bot.extract import days
from bot.extract.clocks_en import NUMBERS
from bot.extract.clocks_zh import NUMERAL, number
from bot.extract.prefilter import Gate
from bot.extract.timewords import Role, Word

_MOST = 60
_WEEK_ZH = {c: i for i, c in enumerate("一二三四五六")} | {"日": 6, "天": 6, "末": 7}
_DAYNAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS_ZH = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}
_Make = Callable[[re.Match[str]], days.Days | None]

# --- Chinese ----------------------------------------------------------------------------------


def _weekday_zh(m: re.Match[str]) -> days.Days:
    weeks = -len(m["which"])
    index = _WEEK_ZH[m["day"]]
    return days.weekend(weeks) if index == 7 else days.weekday(index, weeks)


def _after_zh(m: re.Match[str]) -> days.Days | None:
    count = 0.5 if m["n"] == "半" else number(m["n"]) if m["n"] not in ("几", "数") else 3
    if count is None:
        return None
    if m["unit"] in ("月", "年"):
        return days.months_on(int(count * (12 if m["unit"] == "年" else 1)))
    return days.ahead_by(int(count * _UNITS_ZH[m["unit"]]))


_ZH: tuple[tuple[str, _Make | None], ...] = (
    (r"(?<!以)(?P<rel>大后|明|后)(?:天|日|儿)|(?<![证说表文声清透鲜])(?=明[早晚])(?P<rel2>明)", None),
    (r"(?P<which>下下|下)(?:个)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末])", _weekday_zh),
    (
        r"下(?:个)?(?P<unit>周|星期|礼拜)(?![一二三四五六日天末])|下(?:个|一)?(?P<unit2>月)|明(?P<unit3>年)",
        None,
    ),
    (rf"(?P<n>半|几|{NUMERAL})个?(?P<unit>天|日|周|星期|礼拜|月|年)(?:之后|以后|后)", _after_zh),
    (r"将于|即将|预计|截止", None),
)
_SOON_ZH = re.compile(
    rf"(?P<n>半|{NUMERAL}|\d{{1,3}})个?(?P<half>半)?(?P<unit>分钟|小时|钟头|刻钟|秒钟?)(?:之后|以后|后)"
)

# --- English ----------------------------------------------------------------------------------

_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|tues?|wed|thurs?|thu|fri|sat|sun)\b\.?)"
_COUNT = (
    r"(?:\d{1,3}|a couple of|a couple|a few|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|an?)"
)


def _count(text: str) -> int:
    low = text.lower()
    return int(low) if low.isdigit() else 3 if "few" in low else NUMBERS.get(low, 1)


def _weekday_en(m: re.Match[str]) -> days.Days:
    index = _DAYNAMES.index(m["day"][:3].lower())
    return (
        days.weekday(index, -1) if m["which"].lower() in ("next", "following") else days.next_weekday(index)
    )


def _unit_en(m: re.Match[str]) -> days.Days:
    unit = m["unit"].lower()
    if unit == "weekend":
        return days.weekend(-1)
    if unit == "week":
        return days.week(-1)
    return days.months_ago(-1) if unit == "month" else days.whole_year(back=-1)


def _after_en(m: re.Match[str]) -> days.Days:
    count, unit = _count(m["n"]), m["unit"].lower().rstrip("s")
    if unit in ("month", "year"):
        return days.months_on(count * (12 if unit == "year" else 1))
    return days.ahead_by(count * {"day": 1, "week": 7, "fortnight": 14}[unit])


_EN: tuple[tuple[str, _Make | None], ...] = (
    (r"\b(?:the )?day after tomorrow\b", lambda _: days.ahead_by(2)),
    (r"\b(?:tomorrow|tmrw?|tmr)(?:'s)?\b", lambda _: days.ahead_by(1)),
    (rf"\b(?P<which>next|coming|this coming|following) (?P<day>{_WEEKDAY})", _weekday_en),
    (r"\b(?:next|the coming|coming|the following|following) (?P<unit>weekend|week|month|year)\b", _unit_en),
    (rf"\b(?:in|within) (?P<n>{_COUNT}) (?P<unit>days?|weeks?|months?|years?)(?:'s? time)?\b", _after_en),
    (
        rf"\b(?P<n>{_COUNT}) (?P<unit>days?|weeks?|months?|years?) (?:from (?:now|today)|hence|later)\b",
        _after_en,
    ),
    (r"\b(?:by|until|till|before) (?=\d{1,2}(?:st|nd|rd|th)? (?:of )?[a-z]{3})|\bupcoming\b", None),
)
_SOON_EN = re.compile(
    rf"\b(?:in |within )(?:about |around )?(?P<n>half an|{_COUNT})\s?(?P<unit>minutes?|mins?|hours?|"
    rf"hrs?|seconds?)"
    rf"(?P<half> and a half)?\b|\b(?P<n2>half an|{_COUNT}) (?P<unit2>minutes?|mins?|hours?|hrs?) from now\b",
    re.IGNORECASE,
)
_GATE_ZH = Gate([*((str(at), pattern) for at, (pattern, _) in enumerate(_ZH)), ("soon", _SOON_ZH.pattern)])
_GATE_EN = Gate(
    [*((str(at), pattern) for at, (pattern, _) in enumerate(_EN)), ("soon", "min|hour|hr|second")]
)
_COMPILED_ZH = [(re.compile(pattern), make) for pattern, make in _ZH]
_COMPILED_EN = [(re.compile(pattern, re.IGNORECASE), make) for pattern, make in _EN]


def _named(m: re.Match[str]) -> days.Days | None:
    """The rules above whose groups have two names."""
    groups = m.groupdict()
    if groups.get("rel") or groups.get("rel2"):
        return days.ahead_by({"明": 1, "听": 1, "后": 2, "大后": 3}[groups.get("rel") or groups["rel2"]])
    unit = groups.get("unit") or groups.get("unit2") or groups.get("unit3")
    if unit == "年":
        return days.whole_year(back=-1)
    return days.months_ago(-1) if unit == "月" else days.week(-1) if unit else None


def find_ahead_zh(text: str) -> Iterator[Word]:
    """Chinese words for what lies ahead, in a normal form."""
    worth = _GATE_ZH.open(text)
    for at, (pattern, make) in enumerate(_COMPILED_ZH):
        if str(at) not in worth:
            continue
        for m in islice(pattern.finditer(text), _MOST):
            end = max(m.end(), m.start() + 1)
            yield Word(m.start(), end, Role.FUTURE, "future", 0.0, days=make(m) if make else _named(m))
    for m in islice(_SOON_ZH.finditer(text), _MOST) if "soon" in worth else ():
        count = (
            0.5
            if m["n"] == "半"
            else number(m["n"])
            if len(m["n"]) < 3 or not m["n"].isdigit()
            else int(m["n"])
        )
        if count is None:
            continue
        unit = {"分钟": 1.0, "小时": 60.0, "钟头": 60.0, "刻钟": 15.0}.get(m["unit"], 1 / 60)
        on = (count + (0.5 if m["half"] else 0.0)) * unit
        yield Word(m.start(), m.end(), Role.FUTURE, "soon", 0.0, back_min=(-on, -on))


def find_ahead_en(text: str) -> Iterator[Word]:
    """English words for what lies ahead, in a normal form."""
    worth = _GATE_EN.open(text)
    for at, (pattern, make) in enumerate(_COMPILED_EN):
        if str(at) not in worth:
            continue
        for m in islice(pattern.finditer(text), _MOST):
            yield Word(m.start(), m.end(), Role.FUTURE, "future", 0.0, days=make(m) if make else None)
    for m in islice(_SOON_EN.finditer(text), _MOST) if "soon" in worth else ():
        name, unit = (m["n"] or m["n2"]).lower(), (m["unit"] or m["unit2"])[0].lower()
        count = 0.5 if name == "half an" else _count(name) + (0.5 if m["half"] else 0.0)
        on = count * {"h": 60.0, "m": 1.0, "s": 1 / 60}[unit]
        yield Word(m.start(), m.end(), Role.FUTURE, "soon", 0.0, back_min=(-on, -on))
