"""Clock times in English text: 3:30pm, half six, quarter past three, around nine. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from bot.extract.clocks_en_ranges import (
    DAY_AFTER,
    MOST,
    NUMBERS,
    WORD_HOUR,
    find_ranges,
    hour_of,
    spoken,
    with_ranges,
)
from bot.extract.timewords import Clock, Role, Word

__all__ = ["NUMBERS", "find_clocks", "with_ranges"]


_NEAR = re.compile(
    r"(?P<near>\b(?:at )?(?:(?:a (?:little|bit) |a few (?:minutes|mins) |shortly |just |little |"
    r"soon )(?:after|past|before|b4|gone)|just after|b4|just before|just past|just gone|shortly after|"
    r"shortly before|"
    r"round about|around about|back o'?f?|gone|past|around|arou?nd|arnd|ard|aroun|rnd|about|bout|'bout|abt|"
    r"aprox\.?|approx\.?|approximately|circa|ca\.|like around|going on|coming up (?:to|on)|getting on for|"
    r"(?:must|would|had to|gotta) (?:be|have been|of been)(?: about| around)?|would've been|prolly|probly|"
    r"easily|right (?:around|about|at)|"
    r"more like|nearer|closer to|pushing|getting (?:to|on)|coming (?:to|on|up)|(?:well|way|long) (?:after|"
    r"past|gone)|soon after|"
    r"(?:a )?few (?:mins|minutes) (?:after|past|before|b4|to)|frm|"
    r"close to|no later than|not long after|as at|pasado|not long before|exactly at|"
    r"round|roughly|near|nearly|almost|before|after|by|say|"
    r"(?:since|from) (?:around|about|abt|bout|like|roughly)|since|from|at|somewhere|some time|sometime|"
    r"like|maybe|prob|probs|probably)\s|(?:at )?[~≈]\s?)\Z",
    re.IGNORECASE,
)
_AMPM = (
    r"(?:(?P<loose>\s?-?ish|\s?\+| something|-something| plus)?\s?(?P<half>[ap]m\b|[ap] m\b(?! \w)|"
    r"[ap]\.\s?m\.?|(?<=[:.]\d\d)[ap]\b|(?<=\d\d\d)[ap]\b))"
)
_TAIL = (
    r"(?P<tail>\s?-?ish\b| something(?: like that)?\b|\s?\+(?=\s|$|[,.])|\s?plus\b| odd\b| or so\b| & a bit|"
    r" and a bit| or thereabouts\b| and change\b| & change\b| and something\b|"
    r"-something| sharp| onwards?\b)?"
)
_FORMS: tuple[tuple[str, bool], ...] = (
    (rf"(?P<h>2[0-3]|[01]?\d)[:.](?P<m>[0-5]\d)(?![\d%])(?:{_AMPM}|\s?(?:hrs|h)\b)?", True),
    (rf"(?P<h>1[0-2]|0?[1-9])[ ;h,]?(?P<m>[0-5]\d){_AMPM}", True),
    (rf"(?P<h>1[0-2]|0?[1-9])-(?P<m>1[3-9]|[2-5]\d){_AMPM}", True),
    (rf"(?P<h>1[0-2]|0?[1-9]|{WORD_HOUR})(?P<m>){_AMPM}", True),
    (
        r"(?:(?<=around )|(?<=about )|(?<=abt )|(?<=bout )|(?<=arnd )|(?<=like )|(?<=at )|(?<=@ )|(?<=by ))"
        r"(?P<h>1[0-2]|[1-9])(?P<m>[0-5][05])(?P<half>)\b(?!\s?(?:am|pm|hrs|hours|h|m|km|rs|usd|people|kids|"
        r"children|metres|meters|yards|feet|ft|pesos|naira|bob|shillings|[A-Z])|[/.:,-]\d)",
        True,
    ),
    (r"(?P<h>2[0-3]|[01]?\d)h(?P<m>[0-5]\d)?\b(?P<half>)(?!\s(?:later|ago|away|drive|walk|straight))", True),
    (r"(?P<h>2[0-3]|[01]\d)(?P<m>[0-5]\d)(?P<half>)\s?(?:hrs|hours|h)\b", True),
    (r"(?<!\d )(?!000)(?P<h>0\d)(?P<m>[0-5]\d)(?P<half>)(?=\s?[.,;)]|$)(?!\s?[-/.]\d)", True),
    (r"(?P<h>[1-9])(?P<m>[0-5][05])(?P<half>)(?=\s(?:this|yesterday|last|in the|tonight|today) )", False),
    (
        r"(?P<h>0\d|1\d|2[1-3])(?P<m>[0-5]\d)(?P<half>)\b(?!\s?(?:hrs|hours|h|rs|usd|people|km|m)\b|[/.-]\d)",
        False,
    ),
    (
        rf"(?P<h>{WORD_HOUR})[ -](?P<m>oh[ -]five|fifteen|twenty(?:[ -]five)?|thirty(?:[ -]five)?|"
        rf"forty(?:[ -]five)?|fifty(?:[ -]five)?)\b(?!\s?(?:year|yr|week|month|day|people|kids|"
        rf"rupees|dollars|"
        rf"pounds|euros|percent|miles|k\b)){_AMPM}?",
        True,
    ),
    (rf"(?P<h>1[0-2]|[1-9]|{WORD_HOUR})(?P<m>)(?:\s?o'?\s?clock){_AMPM}?", True),
    (r"(?P<h>12|twelve)(?P<m>)(?P<half>)\s?(?:noon|nn)\b", True),
    (
        rf"(?P<to>(?:half|1[/⁄]2)[ -]past|half(?! an? hour)|(?:a )?(?:quarter|qtr|1[/⁄]4)[ -](?:past|after|"
        rf"to|of|till?|before)|"
        rf"(?:(?:five|ten|twenty[ -]five|twenty|fifteen|5|10|15|20|25)[ -](?:min(?:ute)?s? )?|(?:[1-5]?\d|"
        rf"fifteen) min(?:ute)?s? )(?:past|after|to|"
        rf"till?|before)|(?:five|ten|twenty) of)[ -](?P<h>1[0-2]|[1-9]|{WORD_HOUR}|noon|"
        rf"midnight)(?P<m>)(?:\b|"
        rf"(?=[ap]m\b))(?!\s?(?:year|"
        rf"yr|month|week|people|kids|block|dozen|an?\b|price|mile|of\b))(?:\s?o'?\s?clock)?{_AMPM}?",
        True,
    ),
    (rf"(?P<h>1[0-2]|[1-9]|{WORD_HOUR})(?P<m>)(?P<half>)(?=\s?-?ish\b)", True),
    (
        rf"(?P<h>1[0-2]|[1-9]|{WORD_HOUR})(?P<m>)(?P<half>)\b(?![:.]\d|\s?[-–/%°]|\s(?:year|yr|y\.?o|"
        rf"yo\b|saal|bochor|vayassu|thn|tahun|months?|month|week|day|min|hour|kid|boy|girl|child|people|"
        rf"men|women|or\s\w|and\s\w|to\s|block|"
        rf"mile|m\b|km|st\b|street|police))",
        False,
    ),
    (r"(?:12 )?(?P<h>midnight|noon|midday)(?P<m>)(?P<half>)\b", True),
)
_CLOCKS = [
    (re.compile(r"(?<![\d$£€₹#/.\w])(?<!\d:)(?:" + form + ")" + _TAIL, re.IGNORECASE), alone)
    for form, alone in _FORMS
]
_STARTS = re.compile(
    rf"(?<![\w$£€₹#/.])(?<!\d:)(?:\d|(?:{WORD_HOUR}|half|(?:a )?(?:quarter|qtr)|fifteen|twenty|noon|midday|"
    rf"midnight)(?![a-hj-z]))",
    re.IGNORECASE,
)
"""Where a clock time can begin at all."""


_TENS = {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "oh": 0}


def _minute(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    tens, _, ones = text.lower().replace("-", " ").partition(" ")
    return _TENS[tens] + (5 if ones else 0) if tens in _TENS else None


def find_clocks(text: str) -> Iterator[Word]:
    for at in islice((m.start() for m in _STARTS.finditer(text)), MOST):
        for pattern, alone in _CLOCKS:
            m = pattern.match(text, at)
            word = _clock_word(m, alone=alone) if m else None
            if word:
                yield word
    yield from find_ranges(text)


def _clock_word(m: re.Match[str], *, alone: bool) -> Word | None:
    groups = m.groupdict()
    led = _NEAR.search(m.string, max(0, m.start() - 26), m.start())
    near = " ".join(led["near"].lower().split()) if led else ""
    tail = (groups["tail"] or groups.get("loose") or "").lower().strip().removeprefix("-")
    # A bare "at" leads to the time and is no part of it; "at around" is.
    start = led.start() if led and near != "at" else m.start()
    to = (groups.get("to") or "").lower()
    if m["h"].lower() in ("noon", "midday", "midnight") and not to:
        return _named_hour(m, start, near, tail)
    hour, minute = hour_of(m["h"]), _minute(m["m"] or "0")
    half = (groups.get("half") or "").lower()[:1]
    if minute is None or (to and _is_no_quarter(m, to, near, half)):
        return None
    if to:
        hour, minute = spoken(to.replace("-", " ").removeprefix("a "), hour)
    if not half and len(m["h"]) == 2 and m["h"].startswith("0"):
        half = "a"  # 0830, 08:30: nobody writes the zero in the afternoon
    named = m["h"].lower() in ("noon", "midnight")
    follows = led is not None and near in _ROUGHLY and _hour_follows(m, led.start())
    before, after = _reach(near, tail, minute)
    clock = Clock(
        hour, minute, before, after, half=f"{half}m" if half else "", written_24=hour > 12 or named,
        alone=alone or follows or near.startswith(("at", *_SOON)),
        open_end=near.startswith("since"), fixed=named,
        until=1440 if tail.startswith("onward") else None,
    )  # fmt: skip
    bare = not (alone or near.startswith("at"))
    if bare and not near and not half and not tail and not _may_stand_bare(m):
        return None
    return _with_tail(
        m, Word(start, m.end(), Role.CLOCK, "clock", _sure(m, near, tail, half, bare), clock=clock)
    )


_CHILD_BEFORE = re.compile(
    r"\b(?:boy|girl|kid|child|lad|lass|toddler|baby|son|daughter|brother|sister|bata|bacha|bachi|m|f)s?"
    r",? ?\(?\Z",
    re.IGNORECASE,
)


def _may_stand_bare(m: re.Match[str]) -> bool:
    """Whether a number alone may be an hour: no age ("girl, 6, today"), and an end or a place after it."""
    before = _CHILD_BEFORE.search(m.string, max(0, m.start() - 12), m.start())
    return before is None and _BARE_AFTER.match(m.string, m.end()) is not None


def _sure(m: re.Match[str], near: str, tail: str, half: str, bare: bool) -> float:
    """ "Ten-ish" and "about five" are as often an age as an hour."""
    unsure = (tail.endswith("ish") and not near and not m["m"]) or (
        bare and not DAY_AFTER.match(m.string, m.end())
    )
    if half or not unsure:
        return 0.9
    led = _NEAR.search(m.string, max(0, m.start() - 26), m.start())
    return 0.55 if led and near in _ROUGHLY and _hour_follows(m, led.start()) else 0.4


def _is_no_quarter(m: re.Match[str], to: str, near: str, half: str) -> bool:
    """From five until six is no "five to six", nor are ten of seven children an hour."""
    if re.fullmatch(r"(?:5|10)[ -](?:to|till?)", to):
        return bool(half) or (to.endswith("l") and not near.startswith(("at", "since")))
    return (
        to.endswith(" of") and "quarter" not in to and not half and _OF_AFTER.match(m.string, m.end()) is None
    )


def _with_tail(m: re.Match[str], word: Word) -> Word:
    """With a zone's letters or "till now" behind it, without "sharp"."""
    text, end = m.string, m.start("tail") if (m["tail"] or "").strip().lower() == "sharp" else m.end()
    zone = _ZONE.match(text, end)
    end = zone.end() if zone else end
    now = _TILL_NOW.match(text, end)
    if now and word.clock:
        return replace(word, end=now.end(), score=0.9, clock=replace(word.clock, open_end=True, alone=True))
    return replace(word, end=end - (text[end - 1] == " "))


_ZONE = re.compile(
    r"\s?\(?(?:(?-i:EST|EDT|CST|CDT|MST|MDT|PST|PDT|GMT|BST|IST|PHT|PKT|WAT|EAT|SAST|SGT|MYT|AEST|AEDT|"
    r"NZDT|NZST|CET|"
    r"CEST|HKT)\b|local time\b|local\b(?=[,.]))\)?",
    re.IGNORECASE,
)
_TILL_NOW = re.compile(
    r"\s(?:till?|until|to|up to|up till|hanggang)\s(?:right )?(?:now|ngayon)\b", re.IGNORECASE
)
_OF_AFTER = re.compile(r"\s?[,.;)]|\s(?:this|in the|last|yesterday|tonight|at|on)\b", re.IGNORECASE)


def _named_hour(m: re.Match[str], start: int, near: str, tail: str) -> Word | None:
    """Midnight, and noon where it is said to be about noon: else it is a part of the day, read elsewhere."""
    if m["h"].lower() == "midnight":
        before, after = _reach(near, tail, 0)
        clock = Clock(24, 0, before, after, written_24=True)
        return Word(start, m.end(), Role.CLOCK, "midnight", 0.85, clock=clock)
    if near not in (*_ROUGHLY, "at around", "at about"):
        return None
    return Word(start, m.end(), Role.CLOCK, "noon", 0.85, clock=Clock(12, 0, 30, 30, fixed=True))


_BARE_AFTER = re.compile(
    r"\s?(?:[.,;!?)\n–—-]|$)|\s(?:at|in|till?|until|up to|hanggang|just now|outside|near|by|this|yesterday|"
    r"last|today|tonight|opposite|behind|"
    r"inside|and a)\b"
)
_SOON = ("just ", "shortly ", "a little ", "a bit ", "little ", "soon ", "a few ")
_ROUGHLY = (
    "around", "about", "abt", "bout", "'bout", "arnd", "ard", "aroun", "rnd", "round", "round about",
    "around about",
)  # fmt: skip
_NO_HOUR_BEFORE = re.compile(
    r"\b(?:boys?|girls?|kids?|child|children|lad|lass|baby|toddler|he|she|they|was|is|looks?|"
    r"looked|aged?|maybe|"
    r"sisters?|brothers?|siblings|bata|one|ones|son|daughter|bacha|bachi|aged|age)\b(?: of| is| was|"
    r" looked| looks)?[\s,(]{0,3}$",
    re.IGNORECASE,
)
_HOUR_AFTER = re.compile(
    r"\s?(?:[.,;:)](?!\d)|$)|\s(?:in (?:the )?[A-Z]|at |near |outside |by the |on (?:the )?[A-Z]|opposite )"
)


def _hour_follows(m: re.Match[str], start: int) -> bool:
    """Whether "around three" is an hour: no child before it, and the sentence or a place after it."""
    before = m.string[max(0, start - 24) : start]
    return _NO_HOUR_BEFORE.search(before) is None and _HOUR_AFTER.match(m.string, m.end()) is not None


_HOUR_LONG = (
    "something",
    "and something",
    "something like that",
    "and change",
    "& change",
    "plus",
    "odd",
    "+",
)
_PAST_IT = ("after", "past", "gone", "back o", "back of")
_NOT_YET = (
    "before", "b4", "nearly", "almost", "going on", "coming up to", "coming up on", "for", "pushing",
    "nearer", "closer to",
)  # fmt: skip
_EXACT = ("", "at", "by", "exactly at", "as at")


def _reach(near: str, tail: str, minute: int) -> tuple[int, int]:
    """Minutes before and after the named time that the words allow."""
    if (near == "after" and not minute) or tail in _HOUR_LONG:
        return 0, 60
    if near.endswith(_PAST_IT) or "a bit" in tail:
        return 0, 30
    if near.endswith(_NOT_YET):
        return 30, 0
    if near.startswith(("since", "from")):
        return 0, 30
    if near not in _EXACT or tail not in ("", "sharp"):
        return 30, 30
    return (15, 15) if minute % 15 == 0 else (5, 5)
