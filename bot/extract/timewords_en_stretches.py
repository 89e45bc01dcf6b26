"""English stretches of days: the past two days, all week, last weekend, the other night, earlier. Words only.

Every pattern is bounded and has no nested repetition, so each text is read in linear time.
"""

from __future__ import annotations

import re

from bot.extract import days
from bot.extract.clocks_en_ranges import NUMBERS
from bot.extract.timewords_en_days import Rule


def _count(text: str) -> int | None:
    return int(text) if text.isdigit() else NUMBERS.get(text.lower())


def _past_days(m: re.Match[str]) -> days.Days | None:
    """The past two days, these three days now: from then until the post."""
    words, unit = (m["n"] or "").lower(), m["unit"].lower().rstrip("s")
    count = (
        3
        if words in ("few", "several", "couple of", "couple") and "couple" not in words
        else _count(words)
        if words
        else 1
    )
    if "couple" in words:
        count = 2
    scale = {
        "day": 1,
        "night": 1,
        "evening": 1,
        "morning": 1,
        "afternoon": 1,
        "week": 7,
        "wk": 7,
        "month": 30,
    }[unit]
    return days.back_to((count or 1) * scale, 0) if (count or 1) * scale <= 45 else None


def _last_unit(m: re.Match[str]) -> days.Days:
    which, unit = m["which"].lower(), m["unit"].lower()
    back = 0 if which == "this" or (which == "the" and unit != "weekend") else 1
    if unit == "weekend":
        return days.weekend(None if which in ("this", "over the", "the", "at the") else back)
    if unit == "week":
        return days.week(back)
    return days.months_ago(back) if unit == "month" else days.whole_year(back=back)


STRETCH_RULES: tuple[Rule, ...] = (
    ("week", r"\b(?:the )?week before last\b", 0.4, lambda _: days.week(2)),
    (
        "past days",
        r"\b(?:for |over |in |during )?(?:the |these |d )?(?:past|last) (?P<n>\d{1,2}|two|three|four|five|"
        r"six|seven|ten|few|"
        r"several|couple of|couple) (?P<unit>days?|nights?|evenings?|mornings?|afternoons?|weeks?|"
        r"wks?)\b(?: now\b)?",
        0.5,
        _past_days,
    ),
    (
        "past days",
        r"\b(?:for )?(?P<n>two|three|four|five|2|3|4|5|few|couple of) (?P<unit>days|nights|evenings|"
        r"mornings|weeks) (?:now|in a row|running|straight)\b",
        0.45,
        _past_days,
    ),
    (
        "past days",
        r"\b(?P<n>)(?:all|this past|over the past|for the past|the past) (?P<unit>week)\b(?! ago)",
        0.4,
        _past_days,
    ),
    (
        "all day",
        r"\b(?:all|whole|the whole|d whole|most of the) (?:bloody |damn )?day\b(?: long)?(?: today)?",
        0.45,
        lambda _: days.ago(0),
    ),
    (
        "earlier",
        r"(?<!hour )(?<!hours )(?<!minutes )(?<!mins )\bearlier(?=\s?[,.;!?)]|$)",
        0.3,
        lambda _: days.ago(0),
    ),
    (
        "last",
        r"\b(?:earlier |early |late |later )?(?P<which>last|lst|this past|this|over the|the|"
        r"at the) (?P<unit>weekend|week|month|"
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
)
