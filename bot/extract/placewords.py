"""Words of a text that name a place, as values, and how overlapping ones are settled. No language here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from store.records.sighting import PlaceKind

FINE = (
    PlaceKind.STREET, PlaceKind.CROSSING, PlaceKind.STATION, PlaceKind.EXIT, PlaceKind.LANDMARK,
    PlaceKind.SHOP, PlaceKind.OTHER,
)  # fmt: skip
"""Kinds that the gazetteer does not know: they are named as written inside a known place."""

SIZE = {
    kind: rank
    for rank, kind in enumerate(
        (
            PlaceKind.EXIT, PlaceKind.SHOP, PlaceKind.LANDMARK, PlaceKind.STATION, PlaceKind.CROSSING,
            PlaceKind.STREET, PlaceKind.OTHER, PlaceKind.TOWN, PlaceKind.DISTRICT, PlaceKind.CITY,
            PlaceKind.PROVINCE, PlaceKind.COUNTRY,
        )
    )
}  # fmt: skip
"""Smallest first."""

SMALL_FIRST = {
    PlaceKind.COUNTRY: 0, PlaceKind.PROVINCE: 1, PlaceKind.CITY: 2, PlaceKind.DISTRICT: 3, PlaceKind.TOWN: 4,
}  # fmt: skip
"""How fine a place of the gazetteer is: the finer of two is where the other one's street lies."""

RADIUS_KM = {
    PlaceKind.EXIT: 0.1, PlaceKind.SHOP: 0.2, PlaceKind.LANDMARK: 0.3, PlaceKind.STATION: 0.3,
    PlaceKind.CROSSING: 0.2, PlaceKind.STREET: 1.0, PlaceKind.TOWN: 5.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """Characters [start, end) of the normal form, what they name, by which rule, how surely [0, 1].

    `ids` are the gazetteer's places so called; empty for streets, shops and the like. `other` says
    why the place is not that of the sighting ("" if it may be).
    """

    start: int
    end: int
    kind: PlaceKind
    rule: str
    score: float
    ids: tuple[int, ...] = ()
    other: str = ""


MOST_NAMES = 120
"""A text that names more places than this is no report of one; the rest is left out."""


def settle(found: Iterable[Named], taken: Iterable[tuple[int, int]] = ()) -> list[Named]:
    """Of overlapping names the surer one stays, of equals the longer; in order of the text.

    Nothing that overlaps a span in `taken` stays.
    """
    names = list(found)
    used = bytearray(max((n.end for n in names), default=0))
    for start, end in taken:
        used[start:end] = b"\1" * len(used[start:end])
    kept: list[Named] = []
    for name in sorted(names, key=lambda n: (-n.score, n.start - n.end, n.start)):
        if not any(used[name.start : name.end]):
            used[name.start : name.end] = b"\1" * (name.end - name.start)
            kept.append(name)
    return sorted(kept, key=lambda n: n.start)[:MOST_NAMES]


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance on a sphere of 6371 km."""
    a, b = math.radians(lat_a), math.radians(lat_b)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    return 12742.0 * math.asin(math.sqrt(min(1.0, half)))
