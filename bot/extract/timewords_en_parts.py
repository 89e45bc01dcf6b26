"""The English words for parts of the day as they stand in posts: after church, this aft. Words only.

Names are found in one pass over the text; what leads to them and what follows is matched around each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.extract.prefilter import Gate, Scan
from bot.extract.timewords import Hours, Role, Word
from bot.extract.timewords_en_days import WEEKDAY
from bot.extract.timewords_en_names import PARTS

_MOST = 60
_SCAN = Scan(PARTS)
_LEAD = re.compile(
    r"\b(?P<lead>(?:right |just |shortly |soon |all )?(?:after |before |during )(?:the )?|"
    r"all (?:through )?(?:the )?|"
    r"throughout the |the whole |whole |as the (?=sun)|towards? (?:the )?|by (?:the )?|first thing |"
    r"for (?=(?:night|morning|evening|afternoon)\b)|in the |in d |around |round |about |near |"
    r"that )?(?P<early>(?:very )?(?:early|late) (?:on )?(?:in (?:the|d) )?)?\Z",
    re.IGNORECASE,
)
_THE = re.compile(r"\bthe \Z", re.IGNORECASE)
_NOT_BEFORE = re.compile(
    r"\s(?:market|bus|shift|school|club|life|prayers|service|train|show|news|person|job|class|classes|"
    r"economy|owl|out\b|shelter|watch|time (?:job|work))"
    rf"|\sof (?!(?:the )?(?:\d|{WEEKDAY}|new year|christmas|eid|diwali|this|today|yesterday|"
    rf"[a-z]{{3,9}} \d))",
    re.IGNORECASE,
)
_EARLY = re.compile(rf"\b(early|late) (?:on )?(?:{WEEKDAY}|yesterday|this|that|today) \Z", re.IGNORECASE)
_LATE_LAST = re.compile(r"\blate (?:last )?\Z", re.IGNORECASE)
_SHORT_DAYS = "|".join(
    rf"(?<=\b{day} )" for day in ("sat", "sun", "mon", "tue", "wed", "thu", "fri", "tues", "weds", "thur")
)
_ABBREVIATED = re.compile(
    rf"(?:(?<=ytd )|(?<=tdy )|(?<=yest )|(?<=this )|(?<=day )|{_SHORT_DAYS})(?:(?:aft|eve)\b|[ap]m\b|"
    rf"[ap]\.m\.?)|"
    r"\bin the (?:[ap]m\b|[ap]\.m\.?)",
    re.IGNORECASE,
)
_SHORT_AT = re.compile(
    r"[aA](?:[fF][tT]\b|[mM]\b|\.[mM])|[pP](?:[mM]\b|\.[mM])|[eE][vV][eE]\b|"
    r"[iI\u0130\u0131][nN] [tT][hH][eE] (?=[aApP]\.?[mM])"
)
"""Where a match of the above can begin: letters are found faster than what stands before them."""
_TONIGHT = re.compile(
    r"\b(?:earlier |late )?(?:tonights?|tonite|2nite|2night|tonyt|2nyt|tnight|tonigt|2nt)\b|"
    r"\bthe night\b(?=[.,!?]|$)",
    re.IGNORECASE,
)
_GATE = Gate([("short", "aft|eve|am|pm|a.m|p.m"), ("tonight", _TONIGHT.pattern)])
_SHIFTS = re.compile(r"ba+d\b|p[ea]hle", re.IGNORECASE)
_ALL = re.compile(r"(?:all|whole|the whole|throughout)\b", re.IGNORECASE)
_KE_BAAD = re.compile(
    r" (?:namaz |time )?(?:k|ke|ki) (?:baad|bad|pehle|pahle|waqt|time|wakt)\b| se (?:pehle|pahle)\b",
    re.IGNORECASE,
)
_ISH = re.compile(r"\s?-ish\b|\sish\b| long\b(?=[,.]|$)", re.IGNORECASE)
_WIDE = ("morning", "afternoon", "evening", "night")
_SHORT = {"e": Hours(17, 21, "night"), "pm": Hours(12, 18, "pm"), "am": Hours(6, 12, "am")}


def shifted(hours: Hours, *, after: bool) -> Hours:
    """The hours after or before a prayer, a meal, a bell: a quarter of their length later or earlier."""
    if hours.high - hours.low > 4:
        return hours
    by = (hours.high - hours.low) / 4 * (1 if after else -1)
    return replace(hours, low=hours.low + by, high=hours.high + by)


def _abbreviated(text: str) -> Iterator[re.Match[str]]:
    for at in _SHORT_AT.finditer(text):
        m = _ABBREVIATED.match(text, at.start())
        if m:
            yield m


def find_parts(text: str) -> Iterator[Word]:
    """Parts of the day with what leads to them, in a normal form."""
    for start, end, name in _SCAN.find(text)[:_MOST]:
        if not _NOT_BEFORE.match(text, end):
            yield _part(text, start, end, name)
    worth = _GATE.open(text)
    for m in _abbreviated(text) if "short" in worth else ():
        low = m[0].lower().removeprefix("in the ")
        hours = _SHORT["e" if low == "eve" else "pm" if low == "aft" or low[0] == "p" else "am"]
        yield Word(m.start(), m.end(), Role.PART, "part of day", 0.6, hours=hours)
    for m in _TONIGHT.finditer(text) if "tonight" in worth else ():
        yield Word(m.start(), m.end(), Role.PART, "tonight", 0.7, hours=Hours(17, 24, "night"))


def _part(text: str, start: int, end: int, name: str) -> Word:
    lead = _LEAD.search(text, max(0, start - 34), start)
    led = (lead["lead"] or "").lower() if lead else ""
    early = (lead["early"] or "").lower() if lead else ""
    first = lead.start() if lead and (led or early) else start
    if first == start and text.startswith(" of ", end):
        the = _THE.search(text, max(0, start - 5), start)
        first = the.start() if the else start
    hours = _hours(name, led, early)
    ish = _ISH.match(text, end)
    end = ish.end() if ish else end
    ke = _KE_BAAD.match(text, end)
    if ke:
        end = ke.end()
        hours = shifted(hours, after="b" in ke[0].lower()) if _SHIFTS.search(ke[0]) else hours
    apart = _EARLY.search(text, max(0, first - 22), first)
    if apart and name in _WIDE:
        hours = PARTS.get(f"{apart[1].lower()} {name}", hours)
    if hours.half == "night" and _LATE_LAST.search(text, max(0, first - 10), first):
        hours = Hours(22, 24, "night")
    return Word(first, end, Role.PART, "part of day", 0.4 if _ALL.match(led) else 0.6, hours=hours)


def _hours(name: str, led: str, early: str) -> Hours:
    if early:
        wide = next((one for one in _WIDE if PARTS[one] == PARTS[name]), name)
        return PARTS.get(f"{'early' if 'early' in early else 'late'} {wide}", PARTS[name])
    for way in ("after", "before"):
        if way in led:
            return PARTS.get(f"{way} {name}") or shifted(PARTS[name], after=way == "after")
    return PARTS[name]
