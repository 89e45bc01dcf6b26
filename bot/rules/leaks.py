"""What a person's own words to an outsider must not hold: names, places and numbers of cases, links. Pure.

The things that must not be said are handed in; which one was found is never echoed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import regex

from bot.rules.urls import find_urls

_CONTROL = regex.compile(r"[\p{Cf}\p{Cc}--[\n\r\t]]", regex.V1)
_NOT_LETTERS = regex.compile(r"[^\p{L}\p{N}]+")
_MENTION = regex.compile(r"[@＠#＃]\S")
_NUMBER = regex.compile(r"\d(?:[\s().-]*\d){5,}")
_CLOCK_OR_DATE = regex.compile(r"\d{1,2}[:：点點]\d{0,2}|\d{1,4}[-/年月]\d{1,2}")
_MIN_LATIN, _MIN_HAN = 3, 2
_HAN = regex.compile(r"\p{Han}")
_ALL_HAN = regex.compile(r"\p{Han}+")
_ID = regex.compile(r"[/:@\d]")
# Parts of names and places that everyday words are made of say nothing by themselves.
_COMMON = frozenset(
    {"the", "and", "road", "street", "station", "city", "north", "south", "east", "west", "park"}
)


def found(text: str, secrets: Iterable[str], *, allowed: Iterable[str] = ()) -> list[str]:
    """The kinds of what must not be said, in words for the writer; empty if the text may go.

    `secrets` are names, places, case numbers, handles; `allowed` are our own hotline and reference.
    """
    plain = unicodedata.normalize("NFKC", text)
    kinds = []
    if _CONTROL.search(text):
        kinds.append("invisible characters")
    for own in allowed:
        plain = plain.replace(unicodedata.normalize("NFKC", own), " ")
    if find_urls(plain) or "://" in plain:
        kinds.append("a link")
    if _MENTION.search(plain):
        kinds.append("a mention or a hashtag")
    if _NUMBER.search(plain):
        kinds.append("a long number")
    if _CLOCK_OR_DATE.search(plain):
        kinds.append("a time or a date")
    if names_in(plain, secrets):
        kinds.append("a name, place or number that a case or a sighting holds")
    return kinds


def names_in(text: str, secrets: Iterable[str]) -> bool:
    """Whether a secret, or a telling part of one, stands in the text, however it is spaced or cased."""
    folded = _NOT_LETTERS.sub(" ", _folded(text))
    joined, words = folded.replace(" ", ""), f" {' '.join(folded.split())} "

    def stands(part: str) -> bool:
        in_one = bool(_HAN.search(part)) or len(part) > 5
        return (in_one and part in joined) or f" {part} " in words

    return any(stands(part) for secret in secrets for part in _parts(secret))


def names(text: str, name: str) -> bool:
    """Whether the whole name stands in the text, however it is spaced or cased."""
    wanted = _NOT_LETTERS.sub("", _folded(name))
    return bool(wanted) and wanted in _NOT_LETTERS.sub("", _folded(text))


def _folded(text: str) -> str:
    """Casefolded, compatibility forms and accents unified."""
    spread = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in spread if not unicodedata.combining(char))


def _parts(secret: str) -> set[str]:
    """The whole without blanks, and each of its words that is long enough to tell something.

    Of ids and handles the whole alone; of a Chinese name the given name too.
    """
    words = _NOT_LETTERS.sub(" ", _folded(secret)).split()
    parts = {"".join(words)}
    if not _ID.search(secret):
        parts |= set(words) - _COMMON
        parts |= {word[1:] for word in words if len(word) == 3 and _ALL_HAN.fullmatch(word)}
    return {part for part in parts if len(part) >= (_MIN_HAN if _HAN.search(part) else _MIN_LATIN)}
