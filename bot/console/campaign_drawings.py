"""Small drawings of a campaign as numbers for SVG: columns by day, a map of towns, a printed drawing.

Pure geometry; what a drawing says stands as words or a table beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.services.campaign_numbers import DayNumbers, Province, Town
from bot.services.drawing import Box, Disc, Drawing, Stroke, Words
from store.errors import HomewardError
from store.records.place import PlaceEntry

WIDTH, COLUMN_HEIGHT = 1000.0, 120.0
MAX_MAP_HEIGHT = 800.0
MOST_NAMED, MOST_TOWNS = 10, 350


@dataclass(frozen=True, slots=True)
class Column:
    """One day: where it stands (of WIDTH), its height and that of its sightings (of COLUMN_HEIGHT)."""

    x: float
    width: float
    tall: float
    seen: float
    day: DayNumbers


@dataclass(frozen=True, slots=True)
class Spot:
    """A town with sightings: its middle and radius on the map; `is_named` says that its name is written."""

    x: float
    y: float
    radius: float
    town: Town
    is_named: bool


@dataclass(frozen=True, slots=True)
class Map:
    """A map of one country: `spots`, small ones last, over `towns` (x, y) that give its shape."""

    height: float
    spots: tuple[Spot, ...]
    towns: tuple[tuple[float, float], ...]
    country: str


def columns(days: Sequence[DayNumbers]) -> list[Column]:
    """A column a day, as tall as its posts."""
    most = max((each.total["posts"] for each in days), default=0) or 1
    step = WIDTH / max(1, len(days))
    return [
        Column(
            at * step + step * 0.08, step * 0.84, COLUMN_HEIGHT * each.total["posts"] / most,
            COLUMN_HEIGHT * each.total["is_sighting"] / most, each,
        )
        for at, each in enumerate(days)
    ]  # fmt: skip


def country_map(
    provinces: Sequence[Province],
    lookup: Callable[[str], Sequence[PlaceEntry]],
    around: Callable[..., Sequence[PlaceEntry]] | None,
) -> Map | None:
    """The country with most sightings, drawn from the gazetteer; None where no town of it is known."""
    if not provinces:
        return None
    by_country: dict[str, int] = {}
    for each in provinces:
        by_country[each.country] = by_country.get(each.country, 0) + each.sightings
    country = max(by_country, key=lambda name: (by_country[name], name))
    towns = [town for each in provinces if each.country == country for town in each.towns]
    try:
        known = [(town, entry) for town in towns if (entry := _find(town, lookup)) is not None]
        return _drawn(known, country, around) if known else None
    except HomewardError:
        return None


def _find(town: Town, lookup: Callable[[str], Sequence[PlaceEntry]]) -> PlaceEntry | None:
    fits = [each for each in lookup(town.city or town.province) if each.country == town.country]
    return next((each for each in fits if each.province == town.province), fits[0] if fits else None)


def _drawn(
    known: Sequence[tuple[Town, PlaceEntry]], country: str, around: Callable[..., Sequence[PlaceEntry]] | None
) -> Map:
    lats, lons = [entry.lat for _, entry in known], [entry.lon for _, entry in known]
    south, north = min(lats) - 1.5, max(lats) + 1.5
    west, east = min(lons) - 2.0, max(lons) + 2.0
    squeeze = max(0.2, math.cos(math.radians((south + north) / 2)))
    scale = min(WIDTH / ((east - west) * squeeze), MAX_MAP_HEIGHT / (north - south))
    shift = (WIDTH - (east - west) * squeeze * scale) / 2

    def at(entry: PlaceEntry) -> tuple[float, float]:
        return shift + (entry.lon - west) * squeeze * scale, (north - entry.lat) * scale

    found = around(south, north, west, east, most=MOST_TOWNS * 3) if around else ()
    dots = [at(each) for each in found if each.country == country][:MOST_TOWNS]
    most = max(town.sightings for town, _ in known) or 1
    spots: list[Spot] = []
    for town, entry in sorted(known, key=lambda pair: -pair[0].sightings):
        x, y = at(entry)
        is_free = all(abs(x - s.x) > 95 or abs(y - s.y) > 26 for s in spots if s.is_named)
        is_named = is_free and sum(s.is_named for s in spots) < MOST_NAMED
        spots.append(Spot(x, y, 4 + 30 * math.sqrt(town.sightings / most), town, is_named))
    return Map((north - south) * scale, tuple(spots), tuple(dots), country)


def svg_marks(drawing: Drawing) -> list[dict[str, object]]:
    """A printed drawing for a page, in tenths of millimetres with y downwards."""
    marks: list[dict[str, object]] = []
    for each in drawing.marks:
        if isinstance(each, Words):
            place = {"x": each.x * 10, "y": (drawing.height - each.y) * 10}
            marks.append({"kind": "text", "text": each.text, "anchor": each.anchor, **place})
        elif isinstance(each, Box):
            size = {"width": each.width * 10, "height": each.height * 10}
            top = (drawing.height - each.y - each.height) * 10
            marks.append({"kind": "rect", "x": each.x * 10, "y": top, **size})
        elif isinstance(each, Stroke):
            points = " ".join(f"{x * 10:.1f},{(drawing.height - y) * 10:.1f}" for x, y in each.points)
            marks.append({"kind": "line", "points": points})
        elif isinstance(each, Disc):
            place = {"x": each.x * 10, "y": (drawing.height - each.y) * 10, "r": each.radius * 10}
            marks.append({"kind": "disc", **place})
    return marks
