"""What a post counts as on the tag bench, and what counts say where they are few. Values in, values out.

Asks no database; knows no hashtag by name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import sqrt

import regex

USABLE_RADIUS_KM = 30.0
"""A place is usable where its circle is no larger: a district or a town, not a province."""
USABLE_SPAN = timedelta(hours=48)
"""A time is usable where it is known within two days."""
LONGEST_PAUSE_S = 300.0
"""A reviewer who decided nothing for longer was not at this candidate all the time."""
FIRST_DECISION_S = 60.0
LEAST_WORDS_CHARS = 12
"""Shorter texts are alike by chance."""
SMALL = 200
"""Below so many posts a share is shown as unsure: with its interval before itself."""

_TAG = regex.compile(r"[#＃][\p{L}\p{M}\p{N}_·・]+[#＃]?")
_LINK = regex.compile(r"https?://\S+|www\.\S+")
_NAME = regex.compile(r"@[\w.@-]+")
_NO_WORD = regex.compile(r"[^\p{L}\p{N}]+")


def is_placed(lat: float | None, radius_km: float | None) -> bool:
    """Whether a place can be used: it has coordinates and its circle is small enough."""
    return lat is not None and radius_km is not None and radius_km <= USABLE_RADIUS_KM


def is_timed(seen_from: datetime | None, seen_until: datetime | None) -> bool:
    """Whether a time can be used: it has a beginning and an end that are near enough."""
    return seen_from is not None and seen_until is not None and seen_until - seen_from <= USABLE_SPAN


def review_s(pauses_s: Iterable[float | None]) -> int:
    """Seconds that reviewers spent, from the time since the same person's decision before (None: the first).

    Nobody holds a watch: it is bounded by `LONGEST_PAUSE_S` for each decision.
    """
    spent = (
        FIRST_DECISION_S if pause is None else min(max(pause, 0.0), LONGEST_PAUSE_S) for pause in pauses_s
    )
    return round(sum(spent))


def fingerprint(text: str) -> str:
    """What is left of a text for comparing copies: no hashtags, names, links, signs, case or width.

    "" for what is too short to be alike other than by chance.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    for pattern in (_LINK, _TAG, _NAME):
        plain = pattern.sub(" ", plain)
    plain = _NO_WORD.sub("", plain)
    return plain if len(plain) >= LEAST_WORDS_CHARS else ""


def wilson(hits: int, number: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share, in [0, 1]: Wilson's score interval, 95 % with the default `z`.

    E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22 (1927).
    (0, 1) where nothing was counted. Raises ValueError for more hits than number.
    """
    if not 0 <= hits <= number:
        raise ValueError(f"{hits} of {number}")
    if number == 0:
        return 0.0, 1.0
    share, square = hits / number, z * z
    middle = share + square / (2 * number)
    half = z * sqrt(share * (1 - share) / number + square / (4 * number * number))
    low, high = ((middle + sign * half) / (1 + square / number) for sign in (-1, 1))
    return (0.0 if hits == 0 else max(0.0, low)), (1.0 if hits == number else min(1.0, high))
