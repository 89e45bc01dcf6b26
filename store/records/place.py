"""A place the gazetteer knows, and where a text names one. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from store.records.sighting import PlaceKind


@dataclass(frozen=True, slots=True)
class PlaceEntry:
    """One known place.

    `lat`/`lon` WGS-84 degrees; `radius_km` encloses the place. `country` is the ISO 3166 code of two
    letters; `province`, `city`, `district` are the names above it, its own included. `zone` is the
    IANA zone in which people there read clocks. `source` names the data set.
    """

    id: int
    name: str
    kind: PlaceKind
    lat: float
    lon: float
    radius_km: float
    country: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    population: int = 0
    zone: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class NameHit:
    """Characters [start, end) of a text that spell a known name, and the ids of all places so called."""

    start: int
    end: int
    ids: tuple[int, ...]
