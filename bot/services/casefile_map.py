"""The small map of a case file: two places, their circles and the towns around, from our own gazetteer alone.

Flat and north up, which is near enough for some hundred kilometres. Reaches no network.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.services.drawing import ACCENT, INK, PALE, QUIET, Box, Disc, Drawing, Mark, Stroke, Words
from store.records.place import PlaceEntry

WIDTH, HEIGHT = 174.0, 96.0
KM_PER_DEGREE = 111.2
_LEAST_KM, _ROOM = 12.0, 1.5


@dataclass(frozen=True, slots=True)
class Spot:
    """A place to mark: WGS-84 degrees, the radius in km that encloses it, its words."""

    lat: float
    lon: float
    radius_km: float
    words: str
    is_main: bool = False


@runtime_checkable
class KnowsAround(Protocol):
    """A gazetteer that can say which towns lie in a box."""

    def within(
        self, south: float, north: float, west: float, east: float, *, most: int = 12
    ) -> list[PlaceEntry]: ...


def distance_km(one: Spot, other: Spot) -> float:
    """The way between two spots along the earth's surface."""
    a, b = math.radians(one.lat), math.radians(other.lat)
    turn = math.radians(other.lon - one.lon)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    return 6371.0 * math.acos(max(-1.0, min(1.0, cosine)))


def draw(spots: Sequence[Spot], gazetteer: object, caption: str) -> Drawing:
    """The map of one or more spots. Raises ValueError for none."""
    if not spots:
        raise ValueError("a map needs a place")
    middle_lat = (min(s.lat for s in spots) + max(s.lat for s in spots)) / 2
    middle_lon = (min(s.lon for s in spots) + max(s.lon for s in spots)) / 2
    squeeze = max(0.05, math.cos(math.radians(middle_lat)))
    reach = [
        max(
            abs(s.lat - middle_lat) * KM_PER_DEGREE + s.radius_km,
            (abs(s.lon - middle_lon) * KM_PER_DEGREE * squeeze + s.radius_km) * HEIGHT / WIDTH,
        )
        for s in spots
    ]
    half_km = max(_LEAST_KM, max(reach) * _ROOM)
    mm_per_km = HEIGHT / 2 / half_km

    def at(lat: float, lon: float) -> tuple[float, float]:
        x = WIDTH / 2 + (lon - middle_lon) * KM_PER_DEGREE * squeeze * mm_per_km
        return x, HEIGHT / 2 + (lat - middle_lat) * KM_PER_DEGREE * mm_per_km

    marks: list[Mark] = [Box(0, 0, WIDTH, HEIGHT, "#f6f3ee")]
    marks += _grid(middle_lat, middle_lon, half_km, squeeze, at)
    taken: list[tuple[float, float, float]] = []
    top = max(spots, key=lambda spot: spot.lat)
    own = [mark for spot in spots for mark in _spot(spot, at, mm_per_km, taken, is_above=spot is top)]
    marks += _towns(gazetteer, (middle_lat, middle_lon, half_km, squeeze), at, taken)
    if len(spots) > 1:
        marks.append(
            Stroke((at(spots[0].lat, spots[0].lon), at(spots[1].lat, spots[1].lon)), QUIET, 0.3, 1.2)
        )
    marks += [*own, *_scale(half_km, mm_per_km)]
    return Drawing(WIDTH, HEIGHT, tuple(marks), caption)


At = Callable[[float, float], tuple[float, float]]


def _spot(
    spot: Spot, at: At, mm_per_km: float, taken: list[tuple[float, float, float]], *, is_above: bool
) -> list[Mark]:
    x, y = at(spot.lat, spot.lon)
    colour = ACCENT if spot.is_main else INK
    radius = spot.radius_km * mm_per_km
    ring = [Disc(x, y, radius, colour, dash_mm=1.0)] if 1.5 < radius < HEIGHT else []
    wide = len(spot.words) * 2.8
    is_left = x + wide > WIDTH - 4
    anchor, shift = ("end", -2.2) if is_left else ("start", 1.6)
    y_words = y + (2.6 if is_above else -5.2)
    taken += [(x, y, 3.0), (x + (-wide / 2 if is_left else wide / 2), y_words, wide / 2)]
    return [
        *ring,
        Disc(x, y, 1.3, colour, colour),
        Words(x + shift, y_words, spot.words, 8.0, anchor, colour, bold=True),
    ]


def _grid(lat: float, lon: float, half_km: float, squeeze: float, at: At) -> list[Mark]:
    """Lines of latitude and longitude with their degrees, four or so each way."""
    step = _round(half_km / KM_PER_DEGREE / 1.5)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    marks: list[Mark] = []
    wide = half_km * WIDTH / HEIGHT / KM_PER_DEGREE / squeeze
    tall = half_km / KM_PER_DEGREE
    for number in range(math.ceil((lat - tall) / step), math.floor((lat + tall) / step) + 1):
        _, y = at(number * step, lon)
        marks += [Stroke(((0, y), (WIDTH, y)), PALE, 0.2)]
        if 2 < y < HEIGHT - 4:
            name = f"{abs(number * step):.{digits}f}°{'N' if number >= 0 else 'S'}"
            marks.append(Words(1, y + 0.6, name, 6.0, colour=QUIET))
    for number in range(math.ceil((lon - wide) / step), math.floor((lon + wide) / step) + 1):
        x, _ = at(lat, number * step)
        marks += [Stroke(((x, 0), (x, HEIGHT)), PALE, 0.2)]
        if 12 < x < WIDTH - 12:
            name = f"{abs(number * step):.{digits}f}°{'E' if number >= 0 else 'W'}"
            marks.append(Words(x + 0.6, HEIGHT - 3, name, 6.0, colour=QUIET))
    return marks


def _towns(
    gazetteer: object,
    view: tuple[float, float, float, float],
    at: At,
    taken: list[tuple[float, float, float]],
) -> list[Mark]:
    if not isinstance(gazetteer, KnowsAround):
        return []
    lat, lon, half_km, squeeze = view
    tall = half_km / KM_PER_DEGREE
    wide = tall * WIDTH / HEIGHT / squeeze
    marks: list[Mark] = []
    for place in gazetteer.within(lat - tall, lat + tall, lon - wide, lon + wide, most=40):
        x, y = at(place.lat, place.lon)
        half = len(place.name) * 1.4 + 1
        is_free = all(abs(x + half - a) > half + b or abs(y - c) > 4.2 for a, c, b in taken)
        if not (3 < x < WIDTH - 2 * half - 2 and 5 < y < HEIGHT - 6) or not is_free:
            continue
        taken.append((x + half, y, half))
        marks += [Disc(x, y, 0.6, QUIET, QUIET), Words(x + 1.4, y - 0.9, place.name, 7.0, colour=QUIET)]
    return marks


def _scale(half_km: float, mm_per_km: float) -> list[Mark]:
    """A bar of a round number of kilometres, and where north is."""
    length = _round(half_km / 2)
    x, wide = 6.0, length * mm_per_km
    return [
        Stroke(((x, 4.5), (x + wide, 4.5)), INK, 0.5),
        Stroke(((x, 3.7), (x, 5.3)), INK, 0.4),
        Stroke(((x + wide, 3.7), (x + wide, 5.3)), INK, 0.4),
        Words(x + wide + 1.5, 3.6, f"{length:g} km", 7.0),
        Stroke(((WIDTH - 6, 3), (WIDTH - 6, 9)), INK, 0.4),
        Stroke(((WIDTH - 7.2, 7.2), (WIDTH - 6, 9), (WIDTH - 4.8, 7.2)), INK, 0.4),
        Words(WIDTH - 6, 10, "N", 7.0, "middle", bold=True),
    ]


def _round(value: float) -> float:
    """The greatest of 1, 2, 5 times a power of ten that is not above the value."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (5, 2, 1) if step * power <= value * (1 + 1e-9))
