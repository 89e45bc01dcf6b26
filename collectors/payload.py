"""Tolerant reading of strangers' JSON: nothing here raises for what a payload contains.

What is missing or of the wrong type is named in a list of problems. No platform's field names here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from store.records.page import SetAside
from store.records.post import AuthorSign, Gone, Post

MAX_DEPTH = 64
MAX_ID_CHARS = 2048
SAMPLE_CHARS = 120

_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$")
_NO_LANGUAGE = frozenset({"und", "zxx", "mul", "mis", "art"})
_OLD_LANGUAGE = {"iw": "he", "in": "id", "ji": "yi"}
_BASIC_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos|#39|#x27);")
_BASIC_CHARS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "#39": "'", "#x27": "'"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NO_BOT = re.compile(r"[#＃](?:nobots?|noindex)(?![\w])", re.IGNORECASE)
_NO_INDEX = re.compile(r"[#＃]noindex(?![\w])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a payload held: posts (originals before their reposts), deletions, and what was unreadable."""

    posts: tuple[Post, ...] = ()
    gone: tuple[Gone, ...] = ()
    set_aside: tuple[SetAside, ...] = ()

    def __add__(self, other: Reading) -> Reading:
        return Reading(self.posts + other.posts, self.gone + other.gone, self.set_aside + other.set_aside)


def refused(where: str, reason: str, payload: object = None) -> Reading:
    """A reading that holds one thing set aside, with the first characters of what was there."""
    return Reading(set_aside=(SetAside(where, reason, sample(payload)),))


def join(readings: Iterator[Reading]) -> Reading:
    """All readings as one, in order."""
    posts: list[Post] = []
    gone: list[Gone] = []
    aside: list[SetAside] = []
    for reading in readings:
        posts.extend(reading.posts)
        gone.extend(reading.gone)
        aside.extend(reading.set_aside)
    return Reading(tuple(posts), tuple(gone), tuple(aside))


def sample(payload: object) -> str:
    """The first characters of a payload, printable, for the list of what was set aside."""
    if payload is None:
        return ""
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else repr(payload)[:1000]
    return "".join(c if c.isprintable() else " " for c in text[:SAMPLE_CHARS])


def decode_json(data: bytes) -> Any:
    """JSON bytes as Python values that a database can keep: no NUL, no lone surrogate, no infinity.

    Raises ValueError (with words) for anything that is not JSON or nests deeper than MAX_DEPTH.
    """
    try:
        value = msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        value = _decode_tolerantly(data)
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None
    return _tidy(value, 0)


def _decode_tolerantly(data: bytes) -> Any:
    """The standard reader takes lone surrogates and a byte order mark, which msgspec refuses."""
    try:
        return json.loads(data, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _tidy(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value) if _UNSTORABLE.search(value) else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, dict | list):
        return value
    if depth >= MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, list):
        return [_tidy(item, depth + 1) for item in value]
    return {_tidy(key, depth + 1): _tidy(item, depth + 1) for key, item in value.items()}


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 / RFC 3339 time with its own offset kept; None if it is not one.

    A time without offset is read as UTC.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment


def from_micros(micros: int) -> datetime | None:
    """Unix microseconds as aware UTC, None outside the calendar."""
    try:
        return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
    except (ValueError, OverflowError, OSError):
        return None


def to_micros(moment: datetime) -> int:
    """An aware time as Unix microseconds."""
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1_000_000 + moment.microsecond


def language(tag: str) -> str:
    """A BCP 47 tag in its usual spelling ("zh", "zh-Hant-TW"), "" when it names no language."""
    tag = tag.strip().replace("_", "-")
    if not _LANGUAGE.match(tag):
        return ""
    first, *rest = tag.split("-")
    first = _OLD_LANGUAGE.get(first.lower(), first.lower())
    if first in _NO_LANGUAGE or "qaa" <= first <= "qtz":
        return ""
    parts = [p.title() if len(p) == 4 else p.upper() if len(p) == 2 else p.lower() for p in rest]
    return "-".join([first, *parts])


def unescape_basic(text: str) -> str:
    """The five entities that plain-text APIs put into text; everything else stays as it is."""
    return _BASIC_ENTITY.sub(lambda found: _BASIC_CHARS[found[1]], text)


def bio_signs(bio: str) -> frozenset[AuthorSign]:
    """What an author's self-description asks for by hashtag.

    `#nobot`, `#nobots` and `#noindex` all ask to be left alone (NO_BOT); the last also NO_INDEX.
    Source: the fediverse convention described on blog.elizafox.space.
    """
    signs = set()
    if _NO_BOT.search(bio):
        signs.add(AuthorSign.NO_BOT)
    if _NO_INDEX.search(bio):
        signs.add(AuthorSign.NO_INDEX)
    return frozenset(signs)


class Fields:
    """One JSON object. Getters return the value or an empty one, and name what was wrong.

    `problems` is shared by all objects read from the same post; messages carry names, never values.
    """

    __slots__ = ("data", "problems", "where")

    def __init__(self, data: object, problems: list[str], where: str = "") -> None:
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}
        self.problems = problems
        self.where = where

    def __bool__(self) -> bool:
        return bool(self.data)

    def note(self, name: str, words: str) -> None:
        """Name a problem with one field."""
        problem = f"{self.where}{name}: {words}"
        if problem not in self.problems and len(self.problems) < 50:
            self.problems.append(problem)

    def _wrong(self, name: str, wanted: str, value: object) -> None:
        self.note(name, f"expected {wanted}, found {type(value).__name__}")

    def text(self, name: str, *, needed: bool = False) -> str:
        """A string, "" when absent or of another type."""
        value = self.data.get(name)
        if isinstance(value, str):
            return value
        if value is not None:
            self._wrong(name, "text", value)
        elif needed:
            self.note(name, "missing")
        return ""

    def ident(self, name: str, *, needed: bool = False) -> str:
        """An identifier: a string, or an integer written as one. "" when absent or unusable."""
        value = self.data.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**40:
            return str(value)
        if isinstance(value, str) and len(value) <= MAX_ID_CHARS:
            value = value.strip()
            if value or not needed:
                return value
        elif value is not None:
            self._wrong(name, "an identifier", value)
            return ""
        if needed:
            self.note(name, "missing")
        return ""

    def flag(self, name: str) -> bool:
        """True only for a JSON true (or the 1 that some servers write)."""
        value = self.data.get(name)
        return value is True or value in (1, "1")

    def number(self, name: str) -> float | None:
        """A finite number, also one written as text."""
        return as_number(self.data.get(name))

    def time(self, name: str, *, needed: bool = False) -> datetime | None:
        """An ISO time in aware UTC."""
        text = self.text(name, needed=needed)
        if not text:
            return None
        moment = parse_time(text)
        if moment is None:
            self.note(name, "not a time that can be read")
            return None
        return moment.astimezone(UTC)

    def obj(self, name: str) -> Fields:
        """A nested object, empty when absent or of another type."""
        value = self.data.get(name)
        if value is not None and not isinstance(value, dict):
            self._wrong(name, "an object", value)
        return Fields(value, self.problems, f"{self.where}{name}.")

    def items(self, name: str) -> list[Any]:
        """A list, empty when absent or of another type."""
        value = self.data.get(name)
        if isinstance(value, list):
            return value
        if value is not None:
            self._wrong(name, "a list", value)
        return []

    def objs(self, name: str) -> list[Fields]:
        """The objects of a list; other items are named and left out."""
        found = []
        for index, item in enumerate(self.items(name)):
            if isinstance(item, dict):
                found.append(Fields(item, self.problems, f"{self.where}{name}[{index}]."))
            else:
                self._wrong(f"{name}[{index}]", "an object", item)
        return found

    def texts(self, name: str) -> list[str]:
        """The strings of a list; other items are named and left out."""
        found = []
        for index, item in enumerate(self.items(name)):
            if isinstance(item, str):
                found.append(item)
            else:
                self._wrong(f"{name}[{index}]", "text", item)
        return found


def as_number(value: object) -> float | None:
    """A finite number, also one written as text; None otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
