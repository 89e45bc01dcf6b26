"""Finer points from a map: streets, crossings, stations, exits and landmarks that an extract knows.

Works on names that the rules found and on candidates that they made; the map is asked through a port.
Where no map was imported everything stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol, TypeGuard, runtime_checkable

from bot.extract.placewords import FINE, SIZE, Named, distance_km
from store.records.place import NameHit, PlaceEntry
from store.records.placenames import exit_ref
from store.records.sighting import PlaceKind, WhereCandidate

_K = PlaceKind
_ON_MAP = 0.6
_EDGE_KM = 5.0
_TOGETHER_KM = 2.0
_ALONE = 0.6
_MOST = 6


@runtime_checkable
class MapPlaces(Protocol):
    """What is known of small places. Points WGS-84, reach in km; entries carry city and district."""

    def mapped(self, name: str) -> tuple[PlaceEntry, ...]:
        """Streets, stations, landmarks, shops called so, pieces of one joined."""
        ...

    def mapped_in(self, text: str) -> list[NameHit]:
        """Names of stations and landmarks in the text."""
        ...

    def crossing(self, a: str, b: str) -> tuple[PlaceEntry, ...]:
        """Where two streets meet."""
        ...

    def exit_of(self, station: PlaceEntry, ref: str) -> PlaceEntry | None:
        """A station's exit by its letter or number."""
        ...

    def entry(self, place_id: int) -> PlaceEntry:
        """The place with this id. Raises `store.errors.Missing`."""
        ...


def has_map(places: object) -> TypeGuard[MapPlaces]:
    """Whether a gazetteer knows small places as well. Asked of each kind once: the check is slow."""
    kind: Any = type(places)
    return _keeps_port(kind)


@lru_cache(maxsize=32)
def _keeps_port(kind: type) -> bool:
    return issubclass(kind, MapPlaces)


def names(text: str, found: Sequence[Named], places: object, around: Sequence[PlaceEntry]) -> list[Named]:
    """Stations and landmarks of the map in the text that no rule sees by their form.

    Believed only in a place that the text names or that is known beside it, and not inside other names.
    """
    if not has_map(places):
        return []
    near = [*around, *(places.entry(i) for n in found for i in n.ids)]
    taken, kept = [(n.start, n.end) for n in found], []
    for hit in places.mapped_in(text) if near else ():
        if any(hit.start < end and start < hit.end for start, end in taken):
            continue
        entry = next((e for e in map(places.entry, hit.ids) if any(_lies_in(e, area) for area in near)), None)
        if entry is not None:
            kept.append(Named(hit.start, hit.end, entry.kind, "map", _ON_MAP))
            taken.append((hit.start, hit.end))
    return kept


def refine(
    candidates: Sequence[WhereCandidate], text: str, here: Sequence[Named], places: object
) -> list[WhereCandidate]:
    """The candidates with the map's points: each inside its own area; without an area, wherever it is known.

    `here` are the names of the sighting's place in `text`. A name that means several places inside one
    area is left to the next larger name.
    """
    if not has_map(places):
        return list(candidates)
    fine = sorted((n for n in here if n.kind in FINE), key=lambda n: (SIZE[n.kind], n.start))
    options = [known for known in (_known(text, n, fine, places) for n in fine) if known]
    if not options:
        return list(candidates)
    placed = [c for c in candidates if c.lat is not None]
    if placed:
        return [_within(c, options) if c.lat is not None else c for c in candidates]
    return [*_anywhere(candidates, options[0]), *candidates] if candidates else []


def _known(text: str, name: Named, fine: Sequence[Named], places: MapPlaces) -> tuple[PlaceEntry, ...]:
    """The map's places that a name can mean."""
    words = text[name.start : name.end]
    if name.kind is _K.EXIT:
        ref = exit_ref(words)
        stations = [e for s in fine if s.kind is not _K.EXIT for e in _stations(text, s, places)]
        exits = (places.exit_of(station, ref) for station in stations) if ref else ()
        return tuple(e for e in exits if e is not None)
    if name.kind is _K.CROSSING:
        return next((found for a, b in _streets(words) if (found := places.crossing(a, b))), ())
    return places.mapped(words)


def _stations(text: str, name: Named, places: MapPlaces) -> list[PlaceEntry]:
    return [e for e in places.mapped(text[name.start : name.end]) if e.kind is _K.STATION]


_BETWEEN = re.compile(r"(?i)\s*(?:与|和|跟|、|&|/|×|-|\b(?:and|at|x)\b)\s*")
_BEFORE = re.compile(r"(?i)^(?:the )?(?:(?:corner|junction|intersection|crossing) of )?(?:the )?")
_AFTER = re.compile(
    r"(?i)(?:的?(?:交叉|交汇|交界)?(?:十字|丁字|三岔)?路?口|交汇处|交界处|\s(?:crossing|junction|intersection))$"
)


def _streets(words: str) -> Iterator[tuple[str, str]]:
    """The two streets of a crossing, at each place where the words can be parted."""
    bare = _AFTER.sub("", _BEFORE.sub("", words.strip()))
    for parting in _BETWEEN.finditer(bare):
        a, b = bare[: parting.start()], bare[parting.end() :]
        if len(a) >= 2 and len(b) >= 2:
            yield a, b


def _lies_in(entry: PlaceEntry, area: PlaceEntry) -> bool:
    return distance_km(entry.lat, entry.lon, area.lat, area.lon) <= area.radius_km + _EDGE_KM


def _within(candidate: WhereCandidate, options: Sequence[tuple[PlaceEntry, ...]]) -> WhereCandidate:
    """The candidate at the finest of the map's places that is one place inside its area."""
    lat, lon = candidate.lat, candidate.lon
    assert lat is not None and lon is not None
    reach = (candidate.radius_km or 0.0) + _EDGE_KM
    inside = [[e for e in known if distance_km(e.lat, e.lon, lat, lon) <= reach] for known in options]
    for at, entries in enumerate(inside):
        if len(entries) > 1:
            # A chain has many shops; the street that is named too says which.
            beside = [e for other in inside[at + 1 :] if len(other) == 1 for e in other]
            entries = [e for e in entries if any(_meets(e, street) for street in beside)]
        if len(entries) == 1 or (entries and _is_one(entries)):
            return _at(candidate, entries[0])
    return candidate


def _meets(entry: PlaceEntry, other: PlaceEntry) -> bool:
    return distance_km(entry.lat, entry.lon, other.lat, other.lon) <= other.radius_km + 0.5


def _is_one(entries: Sequence[PlaceEntry]) -> bool:
    first = entries[0]
    return all(distance_km(first.lat, first.lon, e.lat, e.lon) <= 0.3 for e in entries)


def _at(candidate: WhereCandidate, entry: PlaceEntry) -> WhereCandidate:
    evidence = replace(candidate.evidence, rule=f"{candidate.evidence.rule} + map")
    return replace(
        candidate, evidence=evidence, lat=entry.lat, lon=entry.lon, radius_km=entry.radius_km,
        district=entry.district or candidate.district, city=candidate.city or entry.city,
        province=candidate.province or entry.province, country=candidate.country or entry.country,
        zone=candidate.zone or entry.zone,
    )  # fmt: skip


def _anywhere(candidates: Sequence[WhereCandidate], known: Sequence[PlaceEntry]) -> Iterator[WhereCandidate]:
    """No city is named: every place of the map so called, sharing the weight, so that doubt stays visible."""
    lead = candidates[0]
    apart: list[PlaceEntry] = []
    for entry in known:
        if all(distance_km(entry.lat, entry.lon, e.lat, e.lon) > _TOGETHER_KM for e in apart):
            apart.append(entry)
    for entry in apart[:_MOST]:
        yield replace(_at(lead, entry), weight=round(_ALONE / len(apart), 3))
