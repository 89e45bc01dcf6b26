"""Ranges of English clock times: 5 til 8, between half five and six; and how an hour is said. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from bot.extract.timewords import Clock, Role, Word

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "a": 1, "an": 1,
    "fifteen": 15, "twenty": 20, "twenty-five": 25, "twenty five": 25, "quarter": 15,
    "a quarter": 15, "a couple of": 2, "couple of": 2, "couple": 2, "a couple": 2,
}  # fmt: skip
MOST = 60
"""So many matches of one form are read: no post has more, and soups of digits do."""
WORD_HOUR = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
DAY_AFTER = re.compile(
    r"\s(?:(?:in (?:the|d) |this |dis |late |early )?(?:morn|mrn|even|evn|after|aftn|arvo)|this [ap]\.?m\b|"
    r"ton[iy]|2n[iy]|last n|lst n|"
    r"y[ea]?s?t?e?r?day|at n[iy]|n[iy](?:ght|te|t)\b|tod[ae]y|(?:last |on )?(?:mon|tue|wed|thu|fri|sat|"
    r"sun)[a-z]{0,6}\b)",
    re.IGNORECASE,
)
_DAY_BEFORE = re.compile(
    r"(?:yesterday|today|tonight|tonite|evening|night|nite|morning|afternoon|arvo|[a-z]day|gabi|umaga|raat|"
    r"ytd|yest|yday)"
    r",?\s(?:from |between |around |about |at )?\Z",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s?(?:-|–|—|~|to|till?|until)\s?", re.IGNORECASE)
_AND = re.compile(r"\s?(?:and|&|n)\s?", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\bbetween|\bb/w|\bbtwn|\bbetwn|\bbtw|\bfrom|\bsomewhere)\s$", re.IGNORECASE)
_RANGE_AFTER = re.compile(r"\s?(?:[.,;:!)]|$)|\s(?:the|at|in|on|outside|near|every|today|yesterday|last)\b")
_ATOM = (
    rf"(?:(?:half(?:[ -]past)?|(?:a )?quarter[ -](?:past|to))[ -])?(?:(?:1[0-2]|[1-9])[0-5][05](?!\d)|1\d|"
    rf"2[0-3]|0?[1-9]|{WORD_HOUR}|"
    r"noon|midday|midnight)(?:[:.][0-5]\d)?(?:\s?[ap]m\b|\s?[ap]\.m\.?|(?<=\d\d)[ap]\b|\s?o'?\s?clock|"
    r"\s?-?ish|(?<=12)\s?nn)?"
)
_LED = r"(?:(?:some ?where |some ?time )?(?:between|b/w|btwn|betwn|btw|in between)|from|around|about|abt|"
_HOURS_RANGE = re.compile(
    rf"(?P<lead>\b{_LED}roughly|like|at|maybe|say|approx\.?)\s)?(?<![\d.:/$£€₹#\w])(?P<a>{_ATOM})"
    rf"(?P<sep>\s?(?:-|–|—|~|&|/)\s?|\s(?:to|and|or|till?|until|thru|through|n)\s)(?P<b>{_ATOM})"
    r"(?![\w/]|[:.]\d|\s?(?:y|years?|yrs?|kids|children|boys|girls|months?|mos?|times|people|others)\b)",
    re.IGNORECASE,
)
_SECOND = re.compile(
    r"[-–—~&/\s](?:(?<!\s)\s?|(?<=\s)(?:to|and|or|till?|until|thru|through|n)\s)"
    rf"(?:\d|half|quarter|a quarter|noon|midday|midnight|{WORD_HOUR})",
    re.IGNORECASE,
)
"""What parts two hours, and the beginning of the second: without it there is no range."""
_BETWEENS = ("between", "b/w", "btwn", "betwn", "btw")


def hour_of(text: str) -> int:
    named = {"noon": 12, "midnight": 24}.get(text.lower())
    return named if named else int(text) if text.isdigit() else NUMBERS.get(text.lower(), 0)


def find_ranges(text: str) -> Iterator[Word]:
    """Two hours with "to", "or" or a dash between them, in a normal form."""
    for m in islice(_HOURS_RANGE.finditer(text), MOST) if _SECOND.search(text) else ():
        word = _range_word(m)
        if word:
            yield word


def spoken(words: str, hour: int) -> tuple[int, int]:
    """half six is half past six, as it is said in English; quarter to six is 5:45."""
    lead = words.split(" ")[0]
    if words.startswith("twenty five"):
        lead = "twenty-five"
    lead = {"qtr": "quarter", "1/4": "quarter", "1⁄4": "quarter", "1/2": "half", "1⁄2": "half"}.get(
        lead, lead
    )
    minutes = 30 if lead == "half" else int(lead) if lead.isdigit() else NUMBERS.get(lead, 0)
    if words.endswith((" to", " of", " til", " till", " before")):
        return hour - 1 if hour > 12 else (hour - 2) % 12 + 1, 60 - minutes
    return hour, minutes


@dataclass(frozen=True, slots=True)
class _Atom:
    """One end of a range: minutes of the day as written, am or pm, and whether it can only be a time."""

    minutes: int
    half: str
    told: bool
    fixed: bool
    compact: bool


_HALF_OF = re.compile(r"([ap])\.?m\b\.?|(?<=\d)([ap])\Z", re.IGNORECASE)


def _atom(text: str) -> _Atom:
    low = text.lower()
    m = _HALF_OF.search(low)
    half = (m[1] or m[2]) if m else ""
    core = low[: m.start()] if m else low
    core = re.sub(r"\s?-?ish|\s?o'?\s?clock|\s?nn\Z", "", core).replace("-", " ").strip()
    lead, _, last = core.rpartition(" ")
    hour_text, _, minute_text = (last or core).replace(".", ":").partition(":")
    hour, minute = hour_of(hour_text), int(minute_text or 0)
    if hour > 99:  # 330
        hour, minute, minute_text = hour // 100, hour % 100, "compact"
    if lead:
        hour, minute = spoken(lead.removeprefix("a "), hour)
    fixed = hour_text in ("noon", "midday", "midnight")
    told = bool(half or minute_text or lead or fixed or "clock" in low)
    return _Atom(hour * 60 + minute, half, told, fixed, minute_text == "compact")


def _range_word(m: re.Match[str]) -> Word | None:
    """Two hours with "to", "and" or a dash between them; None where they may be ages or anything else."""
    a, b = _atom(m["a"]), _atom(m["b"])
    lead = (m["lead"] or "").lower().strip()
    is_and, is_or = m["sep"].strip().lower() in ("and", "n", "&"), m["sep"].strip().lower() == "or"
    is_between = lead.endswith(_BETWEENS)
    if (is_and and not is_between) or (a.compact and b.compact and not (b.half or m["lead"])):
        return None
    if "/" in m["sep"] and not (a.half or b.half or (a.told and b.told)):
        return None
    if a.minutes >= 1440 or b.minutes > 1440 or (b.minutes <= a.minutes and a.told != b.told and is_or):
        return None
    apart = (b.minutes - a.minutes) % 720
    sure = (
        bool(a.half or b.half or (a.told and b.told))
        or ((a.told or b.told) and 0 < apart <= 240 and bool(m["lead"] or not is_or))
        or is_between
        or bool(_DAY_BEFORE.search(m.string, max(0, m.start() - 24), m.start()))
        or (lead == "from" and bool(_RANGE_AFTER.match(m.string, m.end())))
        or bool(DAY_AFTER.match(m.string, m.end()))
    )
    if not sure and not m["lead"]:
        return None
    if a.compact and b.compact and not (b.half or is_between):
        return None
    half = b.half or a.half
    start = b.minutes - 720 if b.fixed and b.minutes <= 720 else None
    if not a.half and b.half == "p" and start is None and a.minutes % 720 > b.minutes % 720:
        half = "a"  # from 10 to 2pm
    if b.fixed and not a.half:
        half = "a" if b.minutes <= 720 else "p"
    until = b.minutes % 720 + 720 if b.half == "p" else b.minutes
    clock = Clock(
        a.minutes // 60, a.minutes % 60, 0, 0, half=f"{a.half or half}m" if a.half or half else "",
        written_24=a.minutes >= 780, alone=sure, until=until, fixed=a.fixed,
    )  # fmt: skip
    end = m.end() - (m.string[m.end() - 1] == " ")
    start_at = m.start("a") if lead == "at" else m.start()
    return Word(start_at, end, Role.CLOCK, "clock range", 0.9, clock=clock)


def with_ranges(words: list[Word], text: str) -> list[Word]:
    found: list[Word] = []
    for word in words:
        last = found[-1] if found else None
        if (
            last and last.clock and word.clock and last.clock.until is None and word.clock.until is None
            and (_RANGE.fullmatch(text[last.end : word.start]) or (
                _AND.fullmatch(text[last.end : word.start])
                and _BETWEEN.search(text[max(0, last.start - 12) : last.start])
            ))
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
        elif last and last.clock and word.clock and _OR.fullmatch(text[last.end : word.start]):
            near = _either(last, word)
            found[-1:] = [near] if near else [last, word]
        else:
            found.append(word)
    return found


_OR = re.compile(r"\s?/\s?|,\s?(?:or |maybe |no |well )?|\s?or\s(?:maybe |around |about )?", re.IGNORECASE)


def _either(last: Word, word: Word) -> Word | None:
    """Two hours at most half an hour apart, said one after the other: "11:15, 11:20 pm" is one stretch."""
    a, b = last.clock, word.clock
    if a is None or b is None or a.until is not None or b.until is not None:
        return None
    apart = (b.hour * 60 + b.minute - a.hour * 60 - a.minute) % 720
    if not 0 < apart <= 30:
        return None
    until = b.hour * 60 + b.minute + (720 if b.half == "pm" and b.hour < 12 else 0)
    clock = replace(
        a, before_min=15, after_min=0, half=a.half or b.half, alone=a.alone or b.alone, until=until + 15
    )
    return Word(last.start, word.end, Role.CLOCK, "clock range", 0.9, clock=clock)
