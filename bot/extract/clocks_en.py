"""Clock times in English text: 3:30pm, half six, quarter past three, around nine. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from bot.extract.timewords import Clock, Role, Word

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "a": 1, "an": 1,
    "fifteen": 15, "twenty": 20, "twenty-five": 25, "quarter": 15,
    "a quarter": 15, "a couple of": 2, "couple of": 2, "couple": 2, "a couple": 2,
}  # fmt: skip
_MOST = 60
"""So many matches of one form are read: no post has more, and soups of digits do."""
_WORD_HOUR = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"

_NEAR = re.compile(
    r"(?P<near>\b(?:at )?(?:(?:a (?:little|bit) |a few (?:minutes|mins) |shortly |just |little |"
    r"soon )(?:after|past|before|gone)|just after|just before|just past|just gone|shortly after|"
    r"shortly before|"
    r"round about|around about|back o'?f?|gone|past|around|about|bout|abt|approx\.?|approximately|circa|"
    r"round|roughly|near|nearly|almost|before|after|by|"
    r"since|from|at|somewhere|some time|sometime|like|maybe|prob|probs|probably)\s|(?:at )?[~≈]\s?)\Z",
    re.IGNORECASE,
)
_AMPM = r"(?:(?:\s?-?ish)?\s?(?P<half>[ap]m\b|[ap]\.\s?m\.?|(?<=[:.]\d\d)[ap]\b))"
_TAIL = (
    r"(?P<tail>\s?-?ish\b| something(?: like that)?\b| plus\b| odd\b| or so\b| & a bit| and a bit|"
    r"-something| sharp| onwards?\b)?"
)
_FORMS: tuple[tuple[str, bool], ...] = (
    (rf"(?P<h>2[0-3]|[01]?\d)[:.](?P<m>[0-5]\d)(?![\d%])(?:{_AMPM}|\s?(?:hrs|h)\b)?", True),
    (rf"(?P<h>1[0-2]|0?[1-9]|{_WORD_HOUR})(?P<m>){_AMPM}", True),
    (r"(?P<h>2[0-3]|[01]?\d)h(?P<m>[0-5]\d)?\b(?P<half>)(?!\s(?:later|ago|away|drive|walk|straight))", True),
    (r"(?P<h>2[0-3]|[01]\d)(?P<m>[0-5]\d)(?P<half>)\s?(?:hrs|hours|h)\b", True),
    (r"(?P<h>[1-9])(?P<m>[0-5][05])(?P<half>)(?=\s(?:this|yesterday|last|in the|tonight|today) )", False),
    (
        r"(?P<h>0\d|1\d|2[1-3])(?P<m>[0-5]\d)(?P<half>)\b(?!\s?(?:hrs|hours|h|rs|usd|people|km|m)\b|[/.-]\d)",
        False,
    ),
    (
        rf"(?P<h>{_WORD_HOUR})[ -](?P<m>oh[ -]five|fifteen|twenty(?:[ -]five)?|thirty(?:[ -]five)?|"
        rf"forty(?:[ -]five)?|fifty(?:[ -]five)?)\b(?!\s?(?:year|yr|week|month|day|people|kids|"
        rf"rupees|dollars|"
        rf"pounds|euros|percent|miles|k\b)){_AMPM}?",
        True,
    ),
    (rf"(?P<h>1[0-2]|[1-9]|{_WORD_HOUR})(?P<m>)(?:\s?o'?\s?clock){_AMPM}?", True),
    (r"(?P<h>12|twelve)(?P<m>)(?P<half>)\s?noon\b", True),
    (
        rf"(?P<to>half past|half|(?:a )?quarter (?:past|after|to|of|till?|before)|(?:(?:five|ten|twenty|"
        rf"twenty-five|fifteen|5|10|15|20|25) (?:min(?:ute)?s? )?|(?:[1-5]?\d|"
        rf"fifteen) min(?:ute)?s? )(?:past|after|to|"
        rf"till?|before)) (?P<h>1[0-2]|[1-9]|{_WORD_HOUR}|noon|midnight)(?P<m>)(?:\b|"
        rf"(?=[ap]m\b))(?!\s?(?:year|"
        rf"yr|month|week|people|kids|block|dozen|an?\b|price|mile|of\b))(?:\s?o'?\s?clock)?{_AMPM}?",
        True,
    ),
    (rf"(?P<h>1[0-2]|[1-9]|{_WORD_HOUR})(?P<m>)(?P<half>)(?=\s?-?ish\b)", True),
    (
        rf"(?P<h>1[0-2]|[1-9]|{_WORD_HOUR})(?P<m>)(?P<half>)\b(?![:.]\d|\s?[-–/%°]|\s(?:year|yr|y\.?o|"
        rf"yo\b|saal|bochor|vayassu|thn|tahun|months?|month|week|day|min|hour|kid|boy|girl|child|people|"
        rf"men|women|or\s\w|and\s\w|to\s|block|"
        rf"mile|m\b|km|st\b|street|police))",
        False,
    ),
    (r"(?P<h>midnight|noon|midday)(?P<m>)(?P<half>)\b", True),
)
_CLOCKS = [
    (re.compile(r"(?<![\d$£€₹#@/.\w])(?<!\d:)(?:" + form + ")" + _TAIL, re.IGNORECASE), alone)
    for form, alone in _FORMS
]
_RANGE = re.compile(r"\s?(?:-|–|—|~|to|till|until|and(?: again at)?)\s?", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\bbetween|\bb/w|\bbtwn|\bbetwn|\bbtw|\bfrom|\bsomewhere)\s$", re.IGNORECASE)
_RANGE_AFTER = re.compile(r"\s?(?:[.,;:!)]|$)|\s(?:the|at|in|on|outside|near|every|today|yesterday|last)\b")
_MIXED_RANGE = re.compile(
    r"\b(?:between|b/w|btwn|from)\s(?P<a>1[0-2]|[1-9])(?P<am>:[0-5]\d)?\s?(?P<ha>[ap]m)?\s?(?:-|–|to|and|"
    r"till?|until)\s?"
    r"(?P<b>1[0-2]|[1-9])(?P<bm>:[0-5]\d)?\s?(?P<hb>[ap]m?\b)?(?![\d:])",
    re.IGNORECASE,
)
_HOURS_RANGE = re.compile(
    r"(?P<lead>\b(?:between|b/w|btwn|betwn|from|somewhere|around|about|at)\s)?(?<![\d.:/])(?P<a>1[0-2]|"
    r"[1-9])(?P<ha>\s?[ap]m)?\s?(?P<sep>-|–|to|and|or|till?|until)\s?(?P<b>1[0-2]|[1-9])(?P<hb>\s?[ap]m\b|"
    r"\s?[ap]\.m\.?)?\b(?!\d|[.:/]\d|\s?(?:y|years?|yrs?)\b)",
    re.IGNORECASE,
)


def _hour(text: str) -> int:
    named = {"noon": 12, "midnight": 24}.get(text.lower())
    return named if named else int(text) if text.isdigit() else NUMBERS.get(text.lower(), 0)


_TENS = {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "oh": 0}


def _minute(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    tens, _, ones = text.lower().replace("-", " ").partition(" ")
    return _TENS[tens] + (5 if ones else 0) if tens in _TENS else None


def find_clocks(text: str) -> Iterator[Word]:
    for pattern, alone in _CLOCKS:
        for m in islice(pattern.finditer(text), _MOST):
            word = _clock_word(m, alone=alone)
            if word:
                yield word
    for m in islice(_MIXED_RANGE.finditer(text), _MOST):
        if m["am"] or m["bm"]:
            half = (m["ha"] or m["hb"] or "").lower()[:1]
            until = int(m["b"]) * 60 + int((m["bm"] or ":0")[1:])
            clock = Clock(
                int(m["a"]), int((m["am"] or ":0")[1:]), 0, 0, half=half and f"{half}m", until=until
            )
            yield Word(m.start(), m.end(), Role.CLOCK, "clock range", 0.9, clock=clock)
    for m in islice(_HOURS_RANGE.finditer(text), _MOST):
        half = (m["hb"] or m["ha"] or "").strip().lower()[:1]
        lead = (m["lead"] or "").lower().strip()
        sure = (
            bool(half)
            or lead in ("between", "b/w", "btwn", "betwn")
            or (lead == "from" and bool(_RANGE_AFTER.match(text, m.end())))
        )
        if not sure and not m["lead"]:
            continue
        a, b = int(m["a"]), int(m["b"])
        clock = Clock(a, 0, 0, 0, half=f"{half}m" if half else "", alone=sure, until=b * 60)
        yield Word(m.start(), m.end(), Role.CLOCK, "clock range", 0.9, clock=clock)


def _clock_word(m: re.Match[str], *, alone: bool) -> Word | None:
    groups = m.groupdict()
    led = _NEAR.search(m.string, max(0, m.start() - 26), m.start())
    near = " ".join(led["near"].lower().split()) if led else ""
    tail = (groups["tail"] or "").lower().strip()
    # A bare "at" leads to the time and is no part of it; "at around" is.
    first = m.start("to") if groups.get("to") else m.start("h")
    start = led.start() if led and near != "at" else first
    if m["h"].lower() in ("noon", "midday", "midnight") and not groups.get("to"):
        return _named_hour(m, start, near, tail)
    hour, minute = _hour(m["h"]), _minute(m["m"] or "0")
    if minute is None:
        return None
    if groups.get("to") and re.fullmatch(r"(?:5|10) (?:to|till?)", groups["to"]) and groups.get("half"):
        return None  # from five until six
    if groups.get("to"):
        hour, minute = _spoken(groups["to"].lower().removeprefix("a "), hour)
    named = m["h"].lower() in ("noon", "midnight")
    half = (groups.get("half") or "").lower()[:1]
    if not half and len(m["h"]) == 2 and m["h"].startswith("0"):
        half = "a"  # 0830, 08:30: nobody writes the zero in the afternoon
    before, after = _reach(near, tail, minute)
    open_end = near.startswith("since") or tail.startswith("onward")
    clock = Clock(
        hour, minute, before, after, half=f"{half}m" if half else "", written_24=hour > 12 or named,
        alone=alone or near.startswith(("at", *_SOON)) or (
            led is not None and near in _ROUGHLY and _hour_follows(m, led.start())
        ),
        open_end=open_end, fixed=named,
    )  # fmt: skip
    # "Ten-ish" and "about five" are as often an age as an hour.
    bare = not (alone or near.startswith("at"))
    if bare and not near and not half and not tail and not _BARE_AFTER.match(m.string, m.end()):
        return None
    unsure = (tail.endswith("ish") and not near) or (bare and not _DAY_AFTER.match(m.string, m.end()))
    sure = 0.4 if unsure and not half else 0.9
    end = m.start("tail") if tail == "sharp" else m.end()
    return Word(start, end - (m.string[end - 1] == " "), Role.CLOCK, "clock", sure, clock=clock)


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
    r"\s?(?:[.,;!?)\n-]|$)|\s(?:at|in|outside|near|by|this|yesterday|last|today|tonight|opposite|behind|"
    r"inside|and a)\b"
)
_DAY_AFTER = re.compile(
    r"\s(?:in the (?:morn|even|after)|this (?:morn|even|after)|tonight|last ni|yesterday|at night)",
    re.IGNORECASE,
)
_SOON = ("just ", "shortly ", "a little ", "a bit ", "little ", "soon ", "a few ")
_ROUGHLY = ("around", "about", "abt", "bout", "round", "round about", "around about")
_NO_HOUR_BEFORE = re.compile(
    r"\b(?:boys?|girls?|kids?|child|children|lad|lass|baby|toddler|he|she|they|was|is|looks?|"
    r"looked|aged?|maybe|"
    r"sisters?|brothers?|siblings|bata|one|ones)\b[\s,(]{0,3}$",
    re.IGNORECASE,
)
_HOUR_AFTER = re.compile(
    r"\s?(?:[.,;:)](?!\d)|$)|\s(?:in (?:the )?[A-Z]|at |near |outside |by the |on (?:the )?[A-Z]|opposite )"
)


def _hour_follows(m: re.Match[str], start: int) -> bool:
    """Whether "around three" is an hour: no child before it, and the sentence or a place after it."""
    before = m.string[max(0, start - 24) : start]
    return _NO_HOUR_BEFORE.search(before) is None and _HOUR_AFTER.match(m.string, m.end()) is not None


def _spoken(words: str, hour: int) -> tuple[int, int]:
    """half six is half past six, as it is said in English; quarter to six is 5:45."""
    lead = words.split(" ")[0]
    minutes = 30 if lead == "half" else int(lead) if lead.isdigit() else NUMBERS.get(lead, 0)
    if words.endswith((" to", " of", " til", " till", " before")):
        return hour - 1 if hour > 12 else (hour - 2) % 12 + 1, 60 - minutes
    return hour, minutes


def _reach(near: str, tail: str, minute: int) -> tuple[int, int]:
    if near == "after" and not minute:
        return 0, 60
    if (
        near.endswith(("after", "past", "gone", "back o", "back of"))
        or "a bit" in tail
        or "something" in tail
        or tail in ("plus", "odd")
    ):
        if tail in ("something", "plus", "odd", "something like that"):
            return 0, 60
        return 0, 30
    if near.endswith(("before", "by", "nearly", "almost")):
        return 30, 0
    if near.endswith(("since", "from")):
        return 0, 30
    if (near and near not in ("at",)) or (tail and tail not in ("sharp",)):
        return 30, 30
    return (15, 15) if minute % 15 == 0 else (5, 5)


def with_ranges(words: list[Word], text: str) -> list[Word]:
    found: list[Word] = []
    for word in words:
        last = found[-1] if found else None
        if (
            last and last.clock and word.clock and last.clock.until is None and word.clock.until is None
            and _RANGE.fullmatch(text[last.end : word.start])
        ):  # fmt: skip
            lead = _BETWEEN.search(text[max(0, last.start - 12) : last.start])
            a, b = last.clock, word.clock
            clock = Clock(
                a.hour, a.minute, 0, 0, half=a.half or b.half, written_24=a.written_24,
                alone=a.alone or b.alone or bool(lead),
                until=b.hour * 60 + b.minute + (720 if b.half == "pm" and b.hour < 12 else 0),
            )  # fmt: skip
            start = last.start - len(lead[0]) if lead else last.start
            found[-1] = Word(start, word.end, Role.CLOCK, "clock range", 0.9, clock=clock)
        else:
            found.append(word)
    return found
