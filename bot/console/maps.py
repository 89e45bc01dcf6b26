"""Small maps as numbers for SVG: circles where something was seen, and towns around from our own gazetteer.

Geometry only: no web tiles, no network. What a map says stands as words beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.extract.gazetteer import Gazetteer
from store.errors import HomewardError
from store.records.place import PlaceEntry
from store.records.sighting import WhereCandidate

WIDTH, HEIGHT = 640.0, 400.0
_KM_A_DEGREE = 111.2
_LEAST_KM = 12.0
_MOST_KM = 3000.0
_MOST_TOWNS = 14
_SCALES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_NEAR_LABEL = (90.0, 18.0)


@runtime_checkable
class KnowsTowns(Protocol):
    """A gazetteer that can say what lies in a box of degrees."""

    def within(
        self, south: float, north: float, west: float, east: float, *, most: int = 12
    ) -> Sequence[PlaceEntry]:
        """Cities and districts there, most populous first."""
        ...


@dataclass(frozen=True, slots=True)
class Spot:
    """Something on the map: where (of WIDTH × HEIGHT), how large, its name, how many posts it stands for."""

    x: float
    y: float
    radius: float
    name: str
    count: int = 1
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Town:
    """A town for orientation; its name to the left where there is no room to the right."""

    x: float
    y: float
    name: str
    is_left: bool


@dataclass(frozen=True, slots=True)
class SmallMap:
    """A map: spots, towns around, and a bar of `scale_km` that is `scale_px` long."""

    spots: tuple[Spot, ...]
    towns: tuple[Town, ...]
    scale_km: int
    scale_px: float


@dataclass(frozen=True, slots=True)
class Point:
    """A place to show: degrees, how far off it may be, its name, for how many posts it stands."""

    lat: float
    lon: float
    radius_km: float
    name: str
    count: int = 1


def points_of(candidates: Sequence[WhereCandidate]) -> list[Point]:
    """The readings of a place that are on the map, the best first."""
    return [
        Point(each.lat, each.lon, each.radius_km or 1.0, each.name)
        for each in candidates
        if each.lat is not None and each.lon is not None
    ]


def draw(points: Sequence[Point], places: Callable[[], Gazetteer]) -> SmallMap | None:
    """The map of the points, the first being the main one; None without any. Far ones are left out."""
    if not points:
        return None
    shown = [each for each in points if _away_km(points[0], each) <= _MOST_KM / 2]
    view = _View.around(shown)
    spots = tuple(
        Spot(*view.at(each.lat, each.lon), view.px(each.radius_km), each.name, each.count, number == 0)
        for number, each in enumerate(shown)
    )
    scale = max((km for km in _SCALES if view.px(km) <= WIDTH / 3), default=_SCALES[0])
    return SmallMap(spots, _towns(view, spots, places), scale, view.px(scale))


@dataclass(frozen=True, slots=True)
class _View:
    lat: float
    lon: float
    px_a_km: float

    @classmethod
    def around(cls, points: Sequence[Point]) -> _View:
        lats, lons = [each.lat for each in points], [each.lon for each in points]
        lat, lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        widest = max(each.radius_km for each in points)
        tall = (max(lats) - min(lats)) * _KM_A_DEGREE + 2.6 * widest
        wide = (max(lons) - min(lons)) * _KM_A_DEGREE * _shrink(lat) + 2.6 * widest
        km = min(_MOST_KM, max(_LEAST_KM, tall * 1.2, wide * 1.2 * HEIGHT / WIDTH))
        return cls(lat, lon, HEIGHT / km)

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        x = WIDTH / 2 + (lon - self.lon) * _KM_A_DEGREE * _shrink(self.lat) * self.px_a_km
        y = HEIGHT / 2 - (lat - self.lat) * _KM_A_DEGREE * self.px_a_km
        return round(x, 1), round(y, 1)

    def px(self, km: float) -> float:
        return round(max(km * self.px_a_km, 3.0), 1)

    def box(self) -> tuple[float, float, float, float]:
        tall = HEIGHT / 2 / self.px_a_km / _KM_A_DEGREE
        wide = WIDTH / 2 / self.px_a_km / _KM_A_DEGREE / _shrink(self.lat)
        return self.lat - tall, self.lat + tall, self.lon - wide, self.lon + wide


def _towns(view: _View, spots: Sequence[Spot], places: Callable[[], Gazetteer]) -> tuple[Town, ...]:
    """Towns in view whose names do not lie upon each other; none where no gazetteer is built."""
    try:
        known = places()
        found = known.within(*view.box(), most=60) if isinstance(known, KnowsTowns) else ()
    except HomewardError:
        return ()
    kept: list[Town] = []
    taken = [(one.x, one.y) for one in spots]
    for place in found:
        x, y = view.at(place.lat, place.lon)
        is_near = any(abs(x - a) < _NEAR_LABEL[0] and abs(y - b) < _NEAR_LABEL[1] for a, b in taken)
        if not is_near and 8 < x < WIDTH - 8 and 14 < y < HEIGHT - 26:
            kept.append(Town(x, y, place.name, x > WIDTH * 0.75))
            taken.append((x, y))
        if len(kept) == _MOST_TOWNS:
            break
    return tuple(kept)


def clusters(points: Sequence[Point], *, most: int = 40) -> list[Point]:
    """Points that would lie upon each other, put together; the one that stands for most first."""
    if not points:
        return []
    view = _View.around([each for each in points if _away_km(points[0], each) <= _MOST_KM / 2] or points[:1])
    cells: dict[tuple[int, int], list[Point]] = {}
    for each in points:
        x, y = view.at(each.lat, each.lon)
        cells.setdefault((int(x // 46), int(y // 46)), []).append(each)
    found = []
    for held in cells.values():
        number = sum(each.count for each in held)
        lat, lon = sum(each.lat for each in held) / len(held), sum(each.lon for each in held) / len(held)
        names = sorted({each.name for each in held}, key=[each.name for each in held].count, reverse=True)
        reach = max(_away_km(Point(lat, lon, 0, ""), each) + each.radius_km for each in held)
        found.append(Point(lat, lon, reach, names[0], number))
    return sorted(found, key=lambda each: (-each.count, each.name))[:most]


def _shrink(lat: float) -> float:
    return max(0.05, math.cos(math.radians(lat)))


def _away_km(one: Point, other: Point) -> float:
    """Roughly, on the flat; good enough to choose what to draw."""
    north = (one.lat - other.lat) * _KM_A_DEGREE
    east = (one.lon - other.lon) * _KM_A_DEGREE * _shrink((one.lat + other.lat) / 2)
    return math.hypot(north, east)
