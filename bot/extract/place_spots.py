"""Mark which words of a post name the place of the sighting, by two small trained models (zh, en).

Holds the port, the models' runner and how marks and rules are joined. Reads no file: bytes are passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Protocol, runtime_checkable

import pycrfsuite

from bot.extract import place_spots_en, place_spots_zh
from bot.extract.gazetteer import Gazetteer
from bot.extract.place_spots_zh import Span, Words
from bot.extract.place_tagger import CrfTagger, Tagged, runs
from bot.extract.placewords import Named
from store.records.place import NameHit
from store.records.sighting import PlaceKind

MOST_TOKENS = 250
"""Words and marks read; the rest of a longer text is left to the rules."""
REACH = 3
"""So many words on both sides of a sign of a place are read; what is further is no place."""
UNMARKED = "not marked as the place of the sighting"
_SCORE = 0.75
_K = PlaceKind


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a text before its places are marked: spans are characters of `text`.

    `names` are those of the rules, `tagged` the English tagger's, `times` spans of times.
    """

    text: str
    hits: Sequence[NameHit]
    gazetteer: Gazetteer
    names: Sequence[Named]
    times: Sequence[Span]
    tagged: Sequence[Tagged] = ()


@runtime_checkable
class Spotter(Protocol):
    """Marks the words that name the place of a sighting."""

    def spots(self, reading: Reading) -> list[Span]:
        """Spans in order, none overlapping; empty where nothing is marked. Never raises."""
        ...


def windows(count: int, signs: Sequence[int]) -> list[tuple[int, int]]:
    """Stretches [low, high) of the first `count` tokens within REACH of a sign (token numbers, ascending)."""
    found: list[tuple[int, int]] = []
    for sign in signs:
        if sign >= count:
            break
        low, high = max(0, sign - REACH), min(count, sign + REACH + 1)
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


Rows = list[list[str]]


def rows_of(reading: Reading, words: Words) -> tuple[list[Span], list[tuple[int, int]], Rows]:
    """Tokens of a text, the windows of them that are read, and the features of the windows' tokens."""
    entry = reading.gazetteer.entry
    if is_chinese(reading.text):
        zh = place_spots_zh.marks(reading.text, reading.hits, entry, reading.names, reading.times, words)
        stretches = windows(min(len(zh.spans), MOST_TOKENS), zh.signs)
        rows = [place_spots_zh.row(zh, i) for low, high in stretches for i in range(low, high)]
        return zh.spans, stretches, rows
    en = place_spots_en.marks(reading.text, reading.hits, entry, reading.names, reading.times, reading.tagged)
    stretches = windows(min(len(en.spans), MOST_TOKENS), en.signs)
    rows = [place_spots_en.row(en, i) for low, high in stretches for i in range(low, high)]
    return en.spans, stretches, rows


def is_chinese(text: str) -> bool:
    """Whether the text is read as Chinese: two Han characters are enough."""
    return sum(1 for char in text if "\u4e00" <= char <= "\u9fff") >= 2


class PostTagger(CrfTagger):
    """Names of towns in English, and marks of the place of a sighting in Chinese and English."""

    def __init__(self, model: bytes, *, zh: bytes, en: bytes, words: Words) -> None:
        """Raises ValueError when bytes are no model."""
        super().__init__(model)
        self._words = words
        self._kept = (zh, en)  # the library reads these very bytes and copies none
        self._models = tuple(pycrfsuite.Tagger() for _ in self._kept)
        for tagger, kept in zip(self._models, self._kept, strict=True):
            tagger.open_inmemory(kept)
        self._one_at_a_time = Lock()

    def spots(self, reading: Reading) -> list[Span]:
        """Spans in order, none overlapping."""
        spans, stretches, rows = rows_of(reading, self._words)
        tagger = self._models[0 if is_chinese(reading.text) else 1]
        found: list[Span] = []
        at = 0
        for low, high in stretches:
            with self._one_at_a_time:
                labels = tagger.tag(pycrfsuite.ItemSequence(rows[at : at + high - low]))
            at += high - low
            labels = [label if label in "BI" else "O" for label in labels]
            found += [(spans[low + a][0], spans[low + b][1]) for a, b in runs(labels)]
        return found


def join(reading: Reading, marked: Sequence[Span], kind_of: Callable[[str], PlaceKind]) -> list[Named]:
    """The names after marking: what is marked is the place of the sighting, what a rule alone names is not.

    A name that a rule gave with the same characters keeps kind and places; another begins with the
    town that stands at its start, as "沈阳北站" with Shenyang. Where nothing is marked, the rules stand.
    """
    if not marked:
        return list(reading.names)
    by_span = {(n.start, n.end): n for n in reading.names}
    by_start = {n.start: n for n in reading.names if n.ids}
    exact = {(h.start, h.end): h.ids for h in reading.hits}
    joined: list[Named] = []
    for start, end in marked:
        rule = by_span.get((start, end))
        if rule:
            joined.append(replace(rule, other="", score=max(rule.score, _SCORE)))
            continue
        ids = exact.get((start, end), ())
        kind = reading.gazetteer.entry(ids[0]).kind if ids else kind_of(reading.text[start:end])
        inner = by_start.get(start)
        if not ids and inner and inner.end < end and kind is not _K.STREET:
            ids = inner.ids
        joined.append(Named(start, end, kind, "marked", _SCORE, ids))
    joined += [
        name if name.other else replace(name, other=UNMARKED)
        for name in reading.names
        if not any(name.start < end and start < name.end for start, end in marked)
    ]
    return sorted(joined, key=lambda n: n.start)
