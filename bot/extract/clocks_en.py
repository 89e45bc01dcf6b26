"""Clock times in English text: 3:30pm, half six, quarter past three, around nine. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.extract.timewords import Clock, Role, Word

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "a": 1, "an": 1, "twenty": 20, "twenty-five": 25, "quarter": 15,
    "a quarter": 15, "a couple of": 2, "couple of": 2, "couple": 2, "a couple": 2,
}  # fmt: skip
_WORD_HOUR = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"

_NEAR = (
    r"(?P<near>\b(?:at )?(?:just after|just before|just past|just gone|shortly after|shortly before|"
    r"around|about|abt|approx\.?|approximately|circa|round|roughly|near|nearly|almost|before|after|by|"
    r"since|from|at|somewhere|some time|sometime)\s|(?:at )?[~≈]\s?)?"
)
_AMPM = r"(?:\s?(?P<half>[ap]m\b|[ap]\.\s?m\.?))"
_TAIL = r"(?P<tail>\s?-?ish\b| or so\b| & a bit| and a bit|-something| sharp| onwards?\b)?"
_FORMS: tuple[tuple[str, bool], ...] = (
    (rf"(?P<h>2[0-3]|[01]?\d)[:.](?P<m>[0-5]\d)(?![\d%])(?:{_AMPM}|\s?(?:hrs|h)\b)?", True),
    (rf"(?P<h>1[0-2]|0?[1-9])(?P<m>){_AMPM}", True),
    (r"(?P<h>2[0-3]|[01]?\d)h(?P<m>[0-5]\d)?\b(?P<half>)", True),
    (r"(?P<h>2[0-3]|[01]\d)(?P<m>[0-5]\d)(?P<half>)\s?(?:hrs|hours|h)\b", True),
    (rf"(?P<h>1[0-2]|[1-9]|{_WORD_HOUR})(?P<m>)(?:\s?o'?\s?clock){_AMPM}?", True),
    (
        rf"(?P<to>half past|half|quarter past|quarter to|quarter of|(?:five|ten|twenty|twenty-five|"
        rf"[1-5]?\d) (?:minutes )?(?:past|to)) (?P<h>1[0-2]|[1-9]|{_WORD_HOUR})(?P<m>)\b(?!\s?(?:year|"
        rf"yr|month|week|people|kids|block|dozen|an?\b|price|mile)){_AMPM}?",
        True,
    ),
    (rf"(?P<h>1[0-2]|[1-9]|{_WORD_HOUR})(?P<m>)(?P<half>)(?=\s?-?ish\b)", True),
    (
        rf"(?P<h>1[0-2]|[1-9]|{_WORD_HOUR})(?P<m>)(?P<half>)\b(?![:.]\d|\s?[-–/%°]|\s(?:year|yr|y\.?o|"
        rf"yo\b|month|week|day|min|hour|kid|boy|girl|child|people|men|women|or\s\w|and\s\w|to\s|block|"
        rf"mile|m\b|km|st\b|street|police))",
        False,
    ),
    (r"(?P<h>midnight)(?P<m>)(?P<half>)\b", True),
)
_CLOCKS = [
    (re.compile(_NEAR + r"(?<![\d$£€₹#@/.:\w])(?:" + form + ")" + _TAIL, re.IGNORECASE), alone)
    for form, alone in _FORMS
]
_RANGE = re.compile(r"\s?(?:-|–|—|~|to|till|until|and(?: again at)?)\s?", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\bbetween|\bb/w|\bfrom|\bsomewhere)\s$", re.IGNORECASE)
_HOURS_RANGE = re.compile(
    r"(?P<lead>\b(?:between|b/w|from|somewhere|around|about|at)\s)?(?<![\d.:/])(?P<a>1[0-2]|"
    r"[1-9])(?P<ha>\s?[ap]m)?\s?(?P<sep>-|–|to|and)\s?(?P<b>1[0-2]|[1-9])(?P<hb>\s?[ap]m\b|"
    r"\s?[ap]\.m\.?)?\b(?!\d|[.:/]\d|\s?(?:y|years?|yrs?)\b)",
    re.IGNORECASE,
)


def _hour(text: str) -> int:
    return int(text) if text.isdigit() else NUMBERS.get(text.lower(), 0)


def find_clocks(text: str) -> Iterator[Word]:
    for pattern, alone in _CLOCKS:
        for m in pattern.finditer(text):
            word = _clock_word(m, alone=alone)
            if word:
                yield word
    for m in _HOURS_RANGE.finditer(text):
        half = (m["hb"] or m["ha"] or "").strip().lower()[:1]
        sure = bool(half) or (m["lead"] or "").lower().strip() in ("between", "b/w")
        if not sure and not m["lead"]:
            continue
        a, b = int(m["a"]), int(m["b"])
        clock = Clock(a, 0, 0, 0, half=f"{half}m" if half else "", alone=sure, until=b * 60)
        yield Word(m.start(), m.end(), Role.CLOCK, "clock range", 0.9, clock=clock)


def _clock_word(m: re.Match[str], *, alone: bool) -> Word | None:
    groups = m.groupdict()
    near = " ".join((groups["near"] or "").lower().split())
    tail = (groups["tail"] or "").lower().strip()
    start = m.start() if near else m.start("to") if groups.get("to") else m.start("h")
    if m["h"].lower() == "midnight":
        before, after = _reach(near, tail, 0)
        return Word(
            start, m.end(), Role.CLOCK, "midnight", 0.85, clock=Clock(24, 0, before, after, written_24=True)
        )
    hour, minute = _hour(m["h"]), int(m["m"] or 0)
    if groups.get("to"):
        hour, minute = _spoken(groups["to"].lower(), hour)
    half = (groups.get("half") or "").lower()[:1]
    before, after = _reach(near, tail, minute)
    open_end = near.startswith("since") or tail.startswith("onward")
    clock = Clock(
        hour, minute, before, after, half=f"{half}m" if half else "", written_24=hour > 12,
        alone=alone or near.startswith("at"), open_end=open_end,
    )  # fmt: skip
    # "Ten-ish" is as often an age as an hour.
    sure = 0.4 if tail.endswith("ish") and not near else 0.9
    return Word(start, m.end(), Role.CLOCK, "clock", sure, clock=clock)


def _spoken(words: str, hour: int) -> tuple[int, int]:
    """half six is half past six, as it is said in English; quarter to six is 5:45."""
    lead = words.split(" ")[0]
    minutes = 30 if lead == "half" else int(lead) if lead.isdigit() else NUMBERS.get(lead, 0)
    if words.endswith((" to", " of")):
        return (hour - 2) % 12 + 1, 60 - minutes
    return hour, minutes


def _reach(near: str, tail: str, minute: int) -> tuple[int, int]:
    if near.endswith(("after", "just past", "just gone")) or "a bit" in tail or "something" in tail:
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
                until=b.hour * 60 + b.minute + (720 if b.half == "pm" and b.hour < 12 else 0),
            )  # fmt: skip
            start = last.start - len(lead[0]) if lead else last.start
            found[-1] = Word(start, word.end, Role.CLOCK, "clock range", 0.9, clock=clock)
        else:
            found.append(word)
    return found
