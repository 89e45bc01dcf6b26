"""Stretches of time with open ends, and how "before", "after" and "to" change them. Naive local times.

No words for times here: those are in the grammar and in time_general.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

Stretch = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Found:
    """Characters [start, end) of the normal form and their stretch of local time, ends open where None."""

    start: int
    end: int
    stretch: Stretch
    is_point: bool = False
    last: datetime | None = None


def months_on(at: datetime, months: int) -> datetime:
    """The same day so many months on; the last of a shorter month."""
    total = at.year * 12 + at.month - 1 + months
    for day in range(at.day, at.day - 4, -1):
        try:
            return at.replace(year=total // 12, month=total % 12 + 1, day=day)
        except ValueError:
            continue
    return at


_BEFORE_EN = re.compile(
    r"\b(before|prior to|earlier than|by|until|till|no later than|not later than|up to|"
    r"on or before)\s(?:the )?\Z",
    re.I,
)
_AFTER_EN = re.compile(
    r"\b(after|later than|since|starting(?: on| from)?|from|on or after|as early as|"
    r"no earlier than|beginning)\s(?:the )?\Z",
    re.I,
)
_INNER = re.compile(r"\s(before|after|later than|no later than|by|until|till)\s(?=\d|noon|midn)", re.I)
_END_OF = re.compile(r"(?:the )?end\b", re.I)
_LEADS = re.compile(r"(?:just )?(before|after|since|later than|by|until|till)\s", re.I)
_OR_EARLIER = re.compile(
    r"\s?(?:or|and) (?:earlier|before|prior)\b(?! \w)|\s?(?:或|及|以及)?(?:之前|以前|前)(?!后|往)", re.I
)
_OR_LATER = re.compile(
    r"\s?(?:or|and) (?:later|after|onwards?)\b(?! \w)|\s?onwards?\b|\s?(?:或|及|以及)?(?:之后|以后|后|起)",
    re.I,
)
_INCLUSIVE = re.compile(r"or|and|或|及|起|onward", re.I)


def _is_day(first: datetime | None, after: datetime | None) -> bool:
    """After a day is from that day on: nobody who says so means to leave it out."""
    return first is not None and after is not None and after - first == timedelta(days=1)


def modified(text: str, found: Found) -> Found:
    """The stretch before or after the words, where the words around them say so."""
    first, after = found.stretch
    tail = _OR_EARLIER.match(text, found.end)
    if tail:
        end = after if "及" in tail[0] else first
        return Found(found.start, tail.end(), (None, end), is_point=False)
    tail = _OR_LATER.match(text, found.end)
    if tail:
        begins = first if _INCLUSIVE.search(tail[0]) or found.is_point or _is_day(first, after) else after
        return Found(found.start, tail.end(), (begins, None), is_point=False)
    own = _LEADS.match(text, found.start, found.end)
    if own and first:
        before = own[1].lower() in ("before", "by", "until", "till")
        return Found(found.start, found.end, (None, first) if before else (first, None))
    inner = _INNER.search(text, found.start, found.end)
    if inner and found.is_point and first:
        before = inner[1].lower() in ("before", "by", "until", "no later than", "till")
        return Found(found.start, found.end, (None, first) if before else (first, None))
    lead = _BEFORE_EN.search(text, max(0, found.start - 24), found.start)
    if lead:
        end = after if _END_OF.match(text, found.start) else first
        return Found(lead.start(), found.end, (None, end), is_point=False)
    lead = _AFTER_EN.search(text, max(0, found.start - 24), found.start)
    if lead and lead[1].lower() != "from":
        is_after = lead[1].lower() in ("after", "later than") and not found.is_point
        begins = after if is_after and not _is_day(first, after) else first
        return Found(lead.start(), found.end, (begins, None), is_point=False)
    return found


_BETWEEN = re.compile(
    r"\s?(?:-|–|—|~|to|till?|until|through|thru|and|,? to|到|至|和|与)(?: the)?\s?", re.IGNORECASE
)
_BETWEEN_LEAD = re.compile(r"(?:\b(?:from|between)(?: the)?\s|从|自|在)\Z", re.IGNORECASE)


_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)|年")


def _before(words: str, first: datetime, after: datetime) -> datetime:
    """The first end in the year of the second, where it had to be guessed: June to August 1992."""
    if first < after and (_YEAR.search(words) or after - first < timedelta(days=366)):
        return first
    moved = months_on(first, (after.year - first.year) * 12)
    return moved if moved < after else months_on(moved, -12)


def ranged(text: str, found: list[Found]) -> list[Found]:
    """Two neighbours with "to" between them are one stretch: beginning of the first to end of the second."""
    joined: list[Found] = []
    for item in sorted(found, key=lambda f: f.start):
        last = joined[-1] if joined else None
        gap = text[last.end : item.start] if last else ""
        if last and item.start >= last.end and _BETWEEN.fullmatch(gap):
            lead = _BETWEEN_LEAD.search(text, max(0, last.start - 12), last.start)
            a, b = last.stretch[0], item.stretch[0] if item.is_point else item.stretch[1]
            listed = gap.strip().lower() in ("and", "和", "与") and lead is None
            if a and b and not listed:
                a = _before(text[last.start : last.end], a, b)
                start = lead.start() if lead else last.start
                joined[-1] = Found(start, item.end, (a, b), last=item.stretch[0])
                continue
        joined.append(item)
    return joined
