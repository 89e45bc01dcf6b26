"""What of a post is an exact place, and how it is told to people who need not know it. Pure.

Coordinates that a device measured (photo GPS, geotag) say where an author stood. Reviewers need the
district; the point itself is for the team of a lead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from store.records.sighting import EvidenceKind, Where, WhereCandidate

LEAST_RADIUS_KM = 5.0
_CELL_DEG = 0.05  # 5.6 km from north to south: the middle lies at most 3.9 km from any point of a cell
_MEASURED = frozenset({EvidenceKind.EXIF, EvidenceKind.GEOTAG})
# Fields of the platforms' payloads that hold a point, a box, or the id by which a point is looked up.
_FIELDS = frozenset(
    {
        "geo", "coordinates", "lat", "lon", "lng", "long", "latitude", "longitude", "bbox", "bounding_box",
        "centroid", "place_id", "poiid", "poi_id",
    }
)  # fmt: skip
_DEEPEST = 40


def without_points(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A payload without its coordinates, at any depth; names of places stay."""
    return {name: _clean(value, 0) for name, value in raw.items() if name.casefold() not in _FIELDS}


def _clean(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        return None
    if isinstance(value, Mapping):
        kept = ((name, part) for name, part in value.items() if str(name).casefold() not in _FIELDS)
        return {name: _clean(part, depth + 1) for name, part in kept}
    if isinstance(value, list):
        return [_clean(part, depth + 1) for part in value]
    return value


def is_exact(candidate: WhereCandidate) -> bool:
    """Whether a reading rests on a measured point that is finer than a district."""
    fine = candidate.radius_km is None or candidate.radius_km < LEAST_RADIUS_KM
    return candidate.evidence.kind in _MEASURED and candidate.lat is not None and fine


def coarse(where: Where) -> Where:
    """The readings with measured points told by district and a circle of 5 km that holds the point.

    The circle stands on a fixed grid: its middle tells nothing more about the point than the cell.
    """
    return replace(where, candidates=tuple(_coarse(c) if is_exact(c) else c for c in where.candidates))


def _coarse(candidate: WhereCandidate) -> WhereCandidate:
    assert candidate.lat is not None and candidate.lon is not None
    name = candidate.district or candidate.city or candidate.province or candidate.country or "a point"
    return replace(
        candidate,
        name=name,
        lat=_middle(candidate.lat, 90.0),
        lon=_middle(candidate.lon, 180.0),
        radius_km=LEAST_RADIUS_KM,
        evidence=replace(candidate.evidence, quote=""),
    )


def _middle(degrees: float, most: float) -> float:
    cell = math.floor(degrees / _CELL_DEG)
    return round(min(most, max(-most, (cell + 0.5) * _CELL_DEG)), 4)
