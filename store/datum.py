"""The three datums of maps of China, and the way from each to WGS-84. Pure arithmetic.

Chinese maps are on GCJ-02, Baidu's on BD-09, both shifted by 100 to 1,200 m; outside China there is no shift.
"""

from __future__ import annotations

import math
from enum import StrEnum

from store.gazetteer_build import gcj02_to_wgs84

_BAIDU = math.pi * 3000.0 / 180.0


class Datum(StrEnum):
    """On what the points of a source are given."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """The point in WGS-84 degrees; within about 10 m. Points outside China are on WGS-84 already."""
    if datum is Datum.WGS84 or not in_china(lat, lon):
        return lat, lon
    if datum is Datum.BD09:
        lat, lon = bd09_to_gcj02(lat, lon)
    return gcj02_to_wgs84(lat, lon)


def bd09_to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """The point without the second shift of Baidu's maps (published approximation, < 1 m off)."""
    x, y = lon - 0.0065, lat - 0.006
    away = math.hypot(x, y) - 0.00002 * math.sin(y * _BAIDU)
    angle = math.atan2(y, x) - 0.000003 * math.cos(x * _BAIDU)
    return away * math.sin(angle), away * math.cos(angle)


def in_china(lat: float, lon: float) -> bool:
    """Whether the point lies in the rectangle in which Chinese maps are shifted."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347
