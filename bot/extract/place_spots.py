"""Mark which words of a post name the place of the sighting, by two small trained models (zh, en).

Holds the port, the models' runner and how marks and rules are joined. Reads no file: bytes are passed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Any, Protocol, TypeGuard, runtime_checkable

import pycrfsuite

from bot.extract import place_quarters, place_spots_en, place_spots_zh
from bot.extract.gazetteer import Gazetteer
from bot.extract.place_quarters import Quarters
from bot.extract.place_spots_zh import Meaning, Span, Words
from bot.extract.place_tagger import CrfTagger, runs
from bot.extract.placewords import Named, distance_km
from store.records.place import NameHit, PlaceEntry
from store.records.sighting import PlaceKind

MOST_TOKENS = 250
"""Words and marks read; the rest of a longer text is left to the rules."""
REACH = 3
"""So many words on both sides of a sign of a place are read; what is further is no place."""
UNMARKED = "not marked as the place of the sighting"
_SCORE = 0.75
_MOST_MEANINGS = 30
_MOST_CITIES = 8
_NEAR_KM = 60.0
_LIKELY_FROM = 0.03
_K = PlaceKind


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a text before its places are marked: spans are characters of `text`.

    `names` are those of the rules, `times` spans of times, `around` the places known beside the text.
    """

    text: str
    hits: Sequence[NameHit]
    gazetteer: Gazetteer
    names: Sequence[Named]
    times: Sequence[Span]
    around: Sequence[PlaceEntry] = ()

    @property
    def cities(self) -> list[PlaceEntry]:
        """Cities and districts that the rules found."""
        kinds = (_K.CITY, _K.DISTRICT)
        return [
            self.gazetteer.entry(n.ids[0]) for n in self.names if n.ids and not n.other and n.kind in kinds
        ]


@runtime_checkable
class Spotter(Protocol):
    """Marks the words that name the place of a sighting."""

    def spots(self, reading: Reading) -> list[Span]:
        """Spans in order, none overlapping; empty where nothing is marked. Never raises."""
        ...

    def likeliest(self, reading: Reading) -> Span | None:
        """Where nothing is marked: the words that are still likeliest to name the place, or None."""
        ...


def marks_places(tagger: object) -> TypeGuard[Spotter]:
    """Whether a tagger marks the place of a sighting as well. Asked of each kind once: the check is slow."""
    kind: Any = type(tagger)
    return _keeps_port(kind)


@lru_cache(maxsize=32)
def _keeps_port(kind: type) -> bool:
    return issubclass(kind, Spotter)


def meanings(reading: Reading) -> Meaning:
    """What tells of a known name the place that it most likely is, and "+" where that lies near what else is
    known, "-" where it does not, "" where nothing else is known."""
    entry = reading.gazetteer.entry
    cities = [
        (n.start, n.end, entry(n.ids[0]))
        for n in reading.names
        if n.ids and not n.other and n.kind is _K.CITY
    ][:_MOST_CITIES]
    told: dict[tuple[tuple[int, ...], bool], tuple[PlaceEntry, str]] = {}

    def meaning(hit: NameHit) -> tuple[PlaceEntry, str]:
        others = [e for start, end, e in cities if end <= hit.start or hit.end <= start]
        key = (hit.ids, len(others) == len(cities))
        if key not in told:
            told[key] = _meaning(entry, hit, [*reading.around, *others])
        return told[key]

    return meaning


def _meaning(
    entry: Callable[[int], PlaceEntry], hit: NameHit, near: Sequence[PlaceEntry]
) -> tuple[PlaceEntry, str]:
    first = entry(hit.ids[0])
    if not near:
        return first, ""
    for place_id in hit.ids[:_MOST_MEANINGS]:
        known = entry(place_id)
        if any(_is_near(known, place) for place in near):
            return known, "+"
    return first, "-"


def _is_near(entry: PlaceEntry, place: PlaceEntry) -> bool:
    if _K.COUNTRY in (entry.kind, place.kind):
        return entry.country == place.country
    if _K.PROVINCE in (entry.kind, place.kind):
        return entry.country == place.country and entry.province == place.province
    return distance_km(entry.lat, entry.lon, place.lat, place.lon) <= max(_NEAR_KM, place.radius_km)


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


_Described = tuple[list[Span], list[tuple[int, int]], Rows]


def rows_of(reading: Reading, words: Words, quarters: Quarters = place_quarters.NONE) -> _Described:
    """Tokens of a text, the windows of them that are read, and the features of the windows' tokens."""
    if is_chinese(reading.text):
        places = [*reading.around, *reading.cities]
        zh = place_spots_zh.marks(
            reading.text, reading.hits, meanings(reading), reading.names, reading.times, words,
            place_quarters.find(reading.text, places, quarters),
        )  # fmt: skip
        stretches = windows(min(len(zh.spans), MOST_TOKENS), zh.signs)
        rows = [place_spots_zh.row(zh, i) for low, high in stretches for i in range(low, high)]
        return zh.spans, stretches, rows
    en = place_spots_en.marks(reading.text, reading.hits, meanings(reading), reading.names, reading.times)
    stretches = windows(min(len(en.spans), MOST_TOKENS), en.signs)
    rows = [place_spots_en.row(en, i) for low, high in stretches for i in range(low, high)]
    return en.spans, stretches, rows


def is_chinese(text: str) -> bool:
    """Whether the text is read as Chinese: two Han characters are enough."""
    return _TWO_HAN.search(text) is not None


_TWO_HAN = re.compile(r"[\u4e00-\u9fff][^\u4e00-\u9fff]*[\u4e00-\u9fff]")


class PostTagger(CrfTagger):
    """Names of towns in English, and marks of the place of a sighting in Chinese and English."""

    def __init__(
        self, model: bytes, *, zh: bytes, en: bytes, words: Words, quarters: Quarters = place_quarters.NONE
    ) -> None:
        """Raises ValueError when bytes are no model."""
        super().__init__(model)
        self._words, self._quarters = words, quarters
        self._kept = (zh, en)  # the library reads these very bytes and copies none
        self._models = tuple(pycrfsuite.Tagger() for _ in self._kept)
        for tagger, kept in zip(self._models, self._kept, strict=True):
            tagger.open_inmemory(kept)
        self._one_at_a_time = Lock()
        # The text asked about last, since `likeliest` mostly follows `spots`; threads replace it as a whole.
        self._last: tuple[Reading, _Described] | None = None

    def spots(self, reading: Reading) -> list[Span]:
        """Spans in order, none overlapping."""
        described = rows_of(reading, self._words, self._quarters)
        self._last = (reading, described)
        spans, stretches, rows = described
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

    def likeliest(self, reading: Reading) -> Span | None:
        """Where nothing is marked: the words that are still likeliest to name the place, or None."""
        seen, described = self._last or (None, None)
        if described is None or seen is not reading:
            described = rows_of(reading, self._words, self._quarters)
        spans, stretches, rows = described
        tagger = self._models[0 if is_chinese(reading.text) else 1]
        best: tuple[float, Span] | None = None
        at = 0
        for low, high in stretches:
            with self._one_at_a_time:
                tagger.set(pycrfsuite.ItemSequence(rows[at : at + high - low]))
                begins = [tagger.marginal("B", i) for i in range(high - low)]
                inside = [tagger.marginal("I", i) for i in range(high - low)]
            at += high - low
            first = max(range(high - low), key=lambda i: begins[i])
            last = first
            while last + 1 < high - low and inside[last + 1] > begins[first] / 2:
                last += 1
            if best is None or begins[first] > best[0]:
                best = (begins[first], (spans[low + first][0], spans[low + last][1]))
        return best[1] if best and best[0] >= _LIKELY_FROM else None


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
