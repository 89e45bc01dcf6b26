"""What the tags of an OpenStreetMap object say it is: the kind of place, its names, its reach. Pure.

Keys and values as the project's wiki describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from store.records.naming import fold
from store.records.placenames import bare_station, exit_ref
from store.records.sighting import PlaceKind

_K = PlaceKind
STREET_KINDS = frozenset(
    {
        "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
        "living_street", "pedestrian", "service", "motorway_link", "trunk_link", "primary_link",
        "secondary_link", "tertiary_link", "road", "footway", "path", "cycleway",
    }
)  # fmt: skip
_EXACT: Mapping[tuple[str, str], tuple[PlaceKind, float]] = {
    ("railway", "subway_entrance"): (_K.EXIT, 0.05),
    ("railway", "train_station_entrance"): (_K.EXIT, 0.05),
    ("railway", "station"): (_K.STATION, 0.2),
    ("railway", "halt"): (_K.STATION, 0.2),
    ("railway", "tram_stop"): (_K.STATION, 0.1),
    ("station", "subway"): (_K.STATION, 0.2),
    ("public_transport", "station"): (_K.STATION, 0.2),
    ("amenity", "bus_station"): (_K.STATION, 0.2),
    ("highway", "bus_stop"): (_K.STATION, 0.1),
    ("aeroway", "aerodrome"): (_K.STATION, 2.0),
    ("aeroway", "terminal"): (_K.STATION, 0.4),
    ("shop", "mall"): (_K.LANDMARK, 0.2),
    ("shop", "department_store"): (_K.LANDMARK, 0.15),
    ("shop", "supermarket"): (_K.SHOP, 0.1),
    ("amenity", "marketplace"): (_K.LANDMARK, 0.2),
    ("amenity", "hospital"): (_K.LANDMARK, 0.2),
    ("amenity", "clinic"): (_K.LANDMARK, 0.1),
    ("amenity", "school"): (_K.LANDMARK, 0.2),
    ("amenity", "kindergarten"): (_K.LANDMARK, 0.1),
    ("amenity", "college"): (_K.LANDMARK, 0.3),
    ("amenity", "university"): (_K.LANDMARK, 0.5),
    ("amenity", "place_of_worship"): (_K.LANDMARK, 0.15),
    ("place", "square"): (_K.LANDMARK, 0.15),
    ("man_made", "bridge"): (_K.LANDMARK, 0.3),
    ("leisure", "park"): (_K.LANDMARK, 0.4),
    ("tourism", "attraction"): (_K.LANDMARK, 0.3),
    ("tourism", "museum"): (_K.LANDMARK, 0.15),
    ("tourism", "zoo"): (_K.LANDMARK, 0.4),
}
_NAME_KEYS: tuple[str, ...] = (
    "name", "name:zh", "name:zh-Hans", "name:zh-Hant", "name:en", "alt_name", "old_name", "official_name",
    "short_name", "loc_name", "bridge:name", "alt_name:zh", "alt_name:en", "old_name:zh",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Described:
    """What an object is: kind, the name that is shown, every folded name, reach (km), an exit's letter."""

    kind: PlaceKind
    name: str
    names: tuple[str, ...]
    radius_km: float
    ref: str = ""
    is_street: bool = False


def describe(tags: Mapping[str, str]) -> Described | None:
    """The place that these tags describe, None for anything that nobody would name in a post."""
    found = next((_EXACT[k, v] for k, v in tags.items() if (k, v) in _EXACT), None)
    is_street = found is None and tags.get("highway", "") in STREET_KINDS
    names = _names(tags, None if found is None else found[0])
    shown = tags.get("name") or tags.get("name:zh") or tags.get("name:en") or tags.get("bridge:name") or ""
    if found is not None and found[0] is PlaceKind.EXIT:
        ref = exit_ref(tags.get("ref", "")) or exit_ref(shown)
        if not ref and not names:
            return None
        return Described(found[0], shown or ref, names, found[1], ref)
    if not names:
        return None
    if is_street and tags.get("bridge", "no") != "no" and tags.get("bridge:name"):
        return Described(PlaceKind.LANDMARK, tags["bridge:name"], names, 0.3)
    if is_street:
        return Described(PlaceKind.STREET, shown, names, 0.5, is_street=True)
    return None if found is None else Described(found[0], shown, names, found[1])


def _names(tags: Mapping[str, str], kind: PlaceKind | None) -> tuple[str, ...]:
    """Every name, folded; those of stations also without the word "station"."""
    found: dict[str, None] = {}
    for key in _NAME_KEYS:
        for part in tags.get(key, "").split(";"):
            name = fold(" ".join(part.split()))
            if 2 <= len(name) <= 60 and not name.isdigit():
                found[name] = None
                if kind is PlaceKind.STATION and len(bare := bare_station(name)) >= 2:
                    found[bare] = None
    return tuple(found)
