"""Tag which words of an English text name places, by a small trained model (a conditional random field).

Holds the port, the words' features and the model's runner. Reads no file: the model's bytes are passed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Protocol, runtime_checkable

import pycrfsuite

from bot.extract.gazetteer import Gazetteer
from store.records.place import NameHit, PlaceEntry
from store.records.sighting import PlaceKind

MAX_TOKENS = 250
"""Words and marks read; the rest of a longer text is left to the rules."""
BEGIN, INSIDE, OUTSIDE = "B", "I", "O"

_TOKEN = re.compile(r"(?:[A-Z]\.){2,5}|[^\W_]+(?:-[^\W_]+)*|[^\s]")
_GLUED_MOST = 12
_GLUED_CHARS = (6, 24)
_OUTSIDE_FROM = 0.5
"""A word is left out when the model gives this much to "no place"."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Tagged:
    """Characters [start, end) that name a place, how surely in [0, 1], and the gazetteer's places so
    called where the words are glued together ("#PuertoRico"), which no search for whole words finds."""

    start: int
    end: int
    surety: float
    ids: tuple[int, ...] = ()


@runtime_checkable
class Tagger(Protocol):
    """Finds the names of places in English text."""

    def tag(self, text: str, hits: Sequence[NameHit], gazetteer: Gazetteer) -> list[Tagged]:
        """Names in order, none overlapping. `hits` are the gazetteer's for this text. Never raises."""
        ...


Token = tuple[int, int]


def tokens(text: str) -> list[Token]:
    """Words (with inner hyphens), abbreviations with points, and single marks, as spans."""
    found = []
    for match in _TOKEN.finditer(text):
        found.append(match.span())
        if len(found) == MAX_TOKENS:
            break
    return found


def glued(text: str, spans: Sequence[Token], gazetteer: Gazetteer) -> dict[int, tuple[int, ...]]:
    """Token numbers of names that no search for whole words finds, with their places: hashtags of two
    words without the space, and possessives without the apostrophe ("Mexicos")."""
    options: list[tuple[int, str]] = []
    tried = 0
    for number, (start, end) in enumerate(spans):
        if not _GLUED_CHARS[0] <= end - start <= _GLUED_CHARS[1]:
            continue
        word = text[start:end]
        is_tag = start > 0 and text[start - 1] == "#"
        if not is_tag and not (word[-1] == "s" and word[0].isupper()):
            continue
        tried += 1
        if tried > _GLUED_MOST:
            break
        if not is_tag:
            options.append((number, word[:-1]))
            continue
        camel = _CAMEL.sub(" ", word)
        if camel != word:
            options.append((number, camel))
        else:
            options += [(number, f"{word[:cut]} {word[cut:]}") for cut in range(3, len(word) - 2)]
    if not options:
        return {}
    # One search for all: a split is a name when a hit covers exactly one line.
    starts, at = {}, 0
    for number, option in options:
        starts[at, at + len(option)] = number
        at += len(option) + 1
    found: dict[int, tuple[int, ...]] = {}
    for hit in gazetteer.find("\n".join(option for _, option in options)):
        if (whole := starts.get((hit.start, hit.end))) is not None:
            found.setdefault(whole, hit.ids)
    return found


# --- features ---------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def shape(word: str) -> str:
    """Capitals, small letters, digits, other marks: each run of a kind as one character, six at most."""
    out = ""
    for char in word:
        kind = "X" if char.isupper() else "x" if char.islower() else "0" if char.isdigit() else char
        if not out or out[-1] != kind:
            out += kind
    return out[:6]


@lru_cache(maxsize=20_000)
def _word(
    word: str,
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Features of a word for itself, and for the words after, before, and two away."""
    low, form = word.lower()[:24], shape(word)
    own = ["w=" + low, "h=" + form, "f=" + low[-3:], "g=" + low[-4:], "a=" + low[:3]]
    own.append(f"l={min(len(word), 9)}")
    if word.isupper():
        own.append(f"up{min(len(word), 4)}")
    return (
        tuple(own),
        ("-w=" + low, "-h=" + form),
        ("+w=" + low, "+h=" + form),
        ("--w=" + low,),
        ("++w=" + low,),
    )


_EDGE = ("-edge",), ("+edge",)


def _level(entry: PlaceEntry) -> str:
    if entry.kind in (PlaceKind.COUNTRY, PlaceKind.PROVINCE):
        return entry.kind.value[:4]
    p = entry.population
    return "c7" if p >= 1_000_000 else "c6" if p >= 200_000 else "c5" if p >= 60_000 else "c4"


def _gazetteer_marks(
    spans: Sequence[Token],
    hits: Sequence[NameHit],
    entry: Callable[[int], PlaceEntry],
    joined: dict[int, tuple[int, ...]],
) -> list[str]:
    """For each token the part it has in a known name (B alone, M first of more, I later), or ""."""
    marks = [""] * len(spans)
    first = {start: number for number, (start, _) in enumerate(spans)}
    taken = 0
    for hit in hits:
        number = first.get(hit.start)
        if hit.start < taken or number is None:
            continue
        level = _level(entry(hit.ids[0]))
        part = "B" if number + 1 == len(spans) or spans[number + 1][1] > hit.end else "M"
        while number < len(spans) and spans[number][1] <= hit.end:
            marks[number] = part + level
            part = "I"
            number += 1
        taken = hit.end
    for number, ids in joined.items():
        marks[number] = "G" + _level(entry(ids[0]))
    return marks


def features(
    text: str,
    spans: Sequence[Token],
    hits: Sequence[NameHit],
    gazetteer: Gazetteer,
    joined: dict[int, tuple[int, ...]],
) -> list[list[str]]:
    """What the model sees of each token."""
    marks = _gazetteer_marks(spans, hits, gazetteer.entry, joined)
    words = [text[start:end] for start, end in spans]
    known = [_word(word) for word in words]
    last = len(words) - 1
    found = []
    for i, word in enumerate(known):
        row = [*word[0]]
        row += known[i - 1][1] if i else _EDGE[0]
        row += known[i + 1][2] if i < last else _EDGE[1]
        if i > 1:
            row += known[i - 2][3]
        if i < last - 1:
            row += known[i + 2][4]
        mark, shape = marks[i], word[0][1]
        before = known[i - 1][1][0] if i else "-edge"
        after = known[i + 1][2][0] if i < last else "+edge"
        row.append(f"{shape}{before}")
        row.append(f"{shape}{after}")
        if mark:
            row += ("m=" + mark, f"m={mark}{shape}", f"m={mark[0]}{before}", f"m={mark[0]}{after}")
        if i < last and marks[i + 1]:
            row.append("+m=" + marks[i + 1])
        if i and marks[i - 1]:
            row.append("-m=" + marks[i - 1])
        found.append(row)
    return found


# --- the model --------------------------------------------------------------------------------


class CrfTagger:
    """Keeps the contract with a model of CRFsuite. Safe for use by many threads (one at a time)."""

    def __init__(self, model: bytes) -> None:
        """Raises ValueError when the bytes are no model."""
        self._tagger = pycrfsuite.Tagger()
        self._lock = Lock()
        self._model = model  # the library reads these very bytes as long as it lives and copies none
        self._tagger.open_inmemory(model)

    def tag(self, text: str, hits: Sequence[NameHit], gazetteer: Gazetteer) -> list[Tagged]:
        """Names in order, none overlapping."""
        spans = tokens(text)
        if not spans:
            return []
        joined = glued(text, spans, gazetteer)
        items = pycrfsuite.ItemSequence(features(text, spans, hits, gazetteer, joined))
        with self._lock:
            self._tagger.set(items)
            labels = self._tagger.tag()
            outside = [self._tagger.marginal(OUTSIDE, i) for i in range(len(spans))]
            for i, label in enumerate(labels):
                if label == OUTSIDE and outside[i] < _OUTSIDE_FROM:
                    starts = self._tagger.marginal(BEGIN, i) >= self._tagger.marginal(INSIDE, i)
                    labels[i] = BEGIN if starts else INSIDE
        return [
            Tagged(
                spans[a][0],
                spans[b][1],
                round(1 - max(outside[a : b + 1]), 3),
                joined.get(a, ()) if a == b else (),
            )
            for a, b in runs(labels)
        ]


def runs(labels: Sequence[str]) -> list[tuple[int, int]]:
    """First and last token of each name."""
    found: list[tuple[int, int]] = []
    inside = False
    for i, label in enumerate(labels):
        if label == BEGIN or (label == INSIDE and not inside):
            found.append((i, i))
        elif label == INSIDE:
            found[-1] = (found[-1][0], i)
        inside = label != OUTSIDE
    return found
