"""Points and boxes that platforms attach to posts, checked and made into GeoTag. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from collectors.payload import as_number
from store.records.post import GeoTag

EARTH_RADIUS_KM = 6371.0


def point(lat: object, lon: object, name: str = "") -> GeoTag | None:
    """A point in WGS-84 degrees; None when it is no place on Earth or the empty 0, 0."""
    north, east = as_number(lat), as_number(lon)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None
    if north == 0 and east == 0:
        return None
    return GeoTag(north, east, name=name)


def box(edges: Sequence[object], name: str = "") -> GeoTag | None:
    """[west, south, east, north] as its middle and the distance from there to a corner, in km.

    A box over the date line has west > east. None when the numbers are no box on Earth.
    """
    if len(edges) != 4:
        return None
    numbers = [as_number(edge) for edge in edges]
    if any(number is None for number in numbers):
        return None
    west, south, east, north = (float(number or 0) for number in numbers)
    if not (-90 <= south <= north <= 90 and abs(west) <= 180 and abs(east) <= 180):
        return None
    width = (east - west) % 360
    lat, lon = (south + north) / 2, (west + width / 2 + 180) % 360 - 180
    radius = distance_km(lat, lon, north, east)
    return GeoTag(lat, lon, radius_km=max(radius, 0.05), name=name)


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in km by the haversine formula."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi, half_lambda = (phi2 - phi1) / 2, math.radians(lon2 - lon1) / 2
    h = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, h)))
