"""Other spellings of a hashtag: script, width, emoji, signs, a slip of the finger. Values in, values out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from store.records.naming import SIMPLIFIED, TRADITIONAL, simplify

LEAST_CHARS_SLIP = 6
"""In shorter words one other letter makes another word."""


class Variant(StrEnum):
    """In what a spelling differs."""

    SCRIPT = "script"
    SIGNS = "signs"
    SLIP = "slip"


def _is_traditional(char: str) -> bool:
    """Whether the character is written so in traditional script too: Big5 holds it."""
    try:
        return bool(char.encode("big5"))
    except UnicodeEncodeError:
        return False


def _first_traditional() -> dict[str, str]:
    found: dict[str, str] = {}
    for traditional, simplified in zip(TRADITIONAL, SIMPLIFIED, strict=True):
        if not _is_traditional(simplified) and _is_traditional(traditional):
            found.setdefault(simplified, traditional)
    return found


_TO_TRADITIONAL = str.maketrans(_first_traditional())


def skeleton(tag: str) -> str:
    """What spellings of one tag have in common: NFKC, case folded, simplified, letters and digits alone."""
    folded = simplify(unicodedata.normalize("NFKC", tag).casefold())
    return "".join(char for char in folded if char.isalnum())


def difference(one: str, other: str) -> Variant | None:
    """In what two spellings of one tag differ; None if they are the same or two tags."""
    if one == other:
        return None
    if skeleton(one) == skeleton(other):
        plain = "".join(filter(str.isalnum, one)), "".join(filter(str.isalnum, other))
        return Variant.SIGNS if plain[0] == plain[1] else Variant.SCRIPT
    return Variant.SLIP if _is_one_slip(skeleton(one), skeleton(other)) else None


def _is_one_slip(one: str, other: str) -> bool:
    """One letter more, less, other, or two that changed places."""
    if min(len(one), len(other)) < LEAST_CHARS_SLIP or abs(len(one) - len(other)) > 1:
        return False
    begin = 0
    while begin < min(len(one), len(other)) and one[begin] == other[begin]:
        begin += 1
    rest, more = one[begin:], other[begin:]
    if len(rest) == len(more):
        is_swap = rest[:2] == more[:2][::-1] and rest[2:] == more[2:]
        return is_swap or rest[1:] == more[1:]
    longer, shorter = (rest, more) if len(rest) > len(more) else (more, rest)
    return longer[1:] == shorter


def spellings(tag: str) -> tuple[str, ...]:
    """Spellings that people may use though no stored post shows them: the other script.

    The traditional one is a first reading, character by character; a person looks at it.
    """
    made = (simplify(tag), simplify(tag).translate(_TO_TRADITIONAL))
    return tuple(dict.fromkeys(each for each in made if each != tag))


def variants_of(tag: str, others: Iterable[str]) -> list[tuple[str, Variant]]:
    """Which of the others are spellings of the tag, and in what they differ."""
    found = ((other, difference(tag, other)) for other in others)
    return [(other, kind) for other, kind in found if kind is not None]
