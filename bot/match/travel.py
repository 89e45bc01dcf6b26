"""How far a sighting lies from where the child was last seen, and whether anybody can get there in time.

Pure: two places and two times in, words out. It decides nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from bot.match.ages import Seen, longest_since
from store.records.case import Case
from store.records.sighting import Where

EARTH_RADIUS_KM = 6371.0088  # mean radius (IUGG)
FASTEST_KMH = 900.0  # an airliner
_SAME_PLACE_KM = 1.0
_UNITS = (("year", 365.2425), ("month", 30.436875), ("day", 1.0))


@dataclass(frozen=True, slots=True)
class Travel:
    """The way between two places: km (None if a place is unknown), and what that means, in words."""

    km: float | None
    possible: bool
    words: str


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """The great-circle distance of two places in WGS-84 degrees (haversine; error below 0.6 %)."""
    a, b = math.radians(lat_a), math.radians(lat_b)
    half_lat, half_lon = (b - a) / 2, math.radians(lon_b - lon_a) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(a) * math.cos(b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))


def assess(case: Case, where: Where | None, seen: Seen | None) -> Travel:
    """Compare the best reading of a sighting's place and its time with where the child was last seen.

    The way is called impossible only if it needs more than 900 km/h in the longest time and over
    the shortest distance that the uncertainties leave.
    """
    best = where.best if where is not None else None
    if best is None or best.lat is None or best.lon is None:
        return Travel(None, True, "where it was seen is not known well enough to compare")
    if case.last_seen_lat is None or case.last_seen_lon is None:
        return Travel(None, True, "where the child was last seen is not registered as a point")
    km = distance_km(case.last_seen_lat, case.last_seen_lon, best.lat, best.lon)
    shortest = max(0.0, km - (best.radius_km or 0.0))
    way = _way(km, best.radius_km)
    since = _since(case.last_seen_on, seen)
    if since is None:
        return Travel(km, True, f"{way}; the time between is not known")
    if since <= timedelta(0):
        return Travel(km, True, f"{way}; seen before the child was last seen there")
    hours = since.total_seconds() / 3600
    if shortest > FASTEST_KMH * hours:
        return Travel(
            km, False, f"{way} in {_lasting(since)}: not possible; the place or the time must be wrong"
        )
    return Travel(km, True, f"{way} in {_lasting(since)}: possible")


def _since(last_seen_on: date | None, seen: Seen | None) -> timedelta | None:
    if last_seen_on is None or seen is None:
        return None
    return longest_since(last_seen_on, seen)


def _way(km: float, radius_km: float | None) -> str:
    words = "less than 1 km" if km < _SAME_PLACE_KM else f"{_rounded(km):,.0f} km"
    if radius_km is not None and radius_km > max(1.0, 0.1 * km):
        words += f" (the place is known to {_rounded(radius_km):,.0f} km)"
    return words


def _rounded(km: float) -> float:
    """Two digits are all that such a distance can mean."""
    step = 10 ** max(0, math.floor(math.log10(km)) - 1) if km >= 1 else 1
    return max(1.0, round(km / step) * step)


def _lasting(since: timedelta) -> str:
    days = since.total_seconds() / 86400
    for unit, length in _UNITS:
        count = round(days / length)
        if days >= 2 * length:
            return f"{count} {unit}s"
    hours = max(1, round(days * 24))
    return f"{hours} hour" if hours == 1 else f"{hours} hours"
