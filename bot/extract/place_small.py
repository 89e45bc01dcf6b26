"""Small places that texts name without saying what they are: looked up by name, believed where they fit.

Works on names that were found already; the gazetteer is passed in. A town called like a street or a shop
counts only near what is known beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.extract.gazetteer import Gazetteer
from bot.extract.namesakes import Hints, known_places
from bot.extract.placewords import Named, distance_km
from store.records.place import PlaceEntry
from store.records.sighting import PlaceKind

_K = PlaceKind
_TOWNS = (_K.TOWN, _K.OTHER, _K.DISTRICT, _K.CITY)
_CALLED_AFTER = (_K.LANDMARK, _K.STATION)
_NEAR_KM = 40.0
_MOST_ASKED = 8
_TAIL = re.compile(
    r"(?i)\s+(?:(?:rly|railway|train|bus|metro|tube|subway|mrt|lrt)\s+)?(?:station|stn|metro|mrt|lrt|dlr|tube|"
    r"market|mall|park|town|village|bus stop|stop|rank|side|junction|crossing|signal|roundabout|bridge)$"
)
_ZH_TAIL = re.compile(
    r"(?:地铁站|火车站|汽车站|公交站|站|街上|街道|镇上|镇|乡|老街|古镇|大桥|天桥|广场|市场)$"
)


def in_small_places(text: str, names: Sequence[Named], gazetteer: Gazetteer, known: Hints) -> list[Named]:
    """The names, with the gazetteer's places for those that name a small one near what is known.

    Near: around the profile, the device's point, or another place of the text. Where nothing is known, all
    places so called are kept.
    """
    points = _around(names, gazetteer, known)
    has_towns = any(n.ids for n in names)
    found, asked = [], 0
    for name in names:
        # A landmark or station lends its town's name only where no town is named.
        is_asked = name.kind in _TOWNS or (name.kind in _CALLED_AFTER and not has_towns)
        if not name.ids and is_asked and asked < _MOST_ASKED:
            asked += 1
            ids = _ids(text[name.start : name.end], name.kind, gazetteer, points)
            name = replace(name, ids=ids) if ids else name
        found.append(name)
    return found


def _around(names: Sequence[Named], gazetteer: Gazetteer, known: Hints) -> list[tuple[float, float, float]]:
    """Points with reach in km within which a small place is believed."""
    entries = [*known.profile, *(gazetteer.entry(i) for n in names for i in n.ids[:3])]
    points = [
        (e.lat, e.lon, max(_NEAR_KM, min(e.radius_km, 120.0))) for e in entries if e.kind is not _K.COUNTRY
    ]
    return [*points, (*known.point, _NEAR_KM)] if known.point else points


def _ids(
    words: str, kind: PlaceKind, gazetteer: Gazetteer, points: Sequence[tuple[float, float, float]]
) -> tuple[int, ...]:
    for spelling, is_whole in _spellings(words):
        entries = known_places(spelling, gazetteer)
        near = [e for e in entries if _is_small(e) and _is_near(e, points)]
        if near:
            return tuple(e.id for e in near)
        if is_whole and not points and kind in _TOWNS:
            return tuple(e.id for e in entries if _is_small(e))
    return ()


def _is_small(entry: PlaceEntry) -> bool:
    return entry.kind in (_K.CITY, _K.TOWN, _K.DISTRICT)


def _is_near(entry: PlaceEntry, points: Sequence[tuple[float, float, float]]) -> bool:
    return any(distance_km(lat, lon, entry.lat, entry.lon) <= reach for lat, lon, reach in points)


def _spellings(words: str) -> Iterator[tuple[str, bool]]:
    yield words, True
    tail = _ZH_TAIL if words[-1] >= "\u2e80" else _TAIL
    bare = tail.sub("", words)
    if bare != words and len(bare) >= 2:
        yield bare, False
