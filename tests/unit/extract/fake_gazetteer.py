"""The gazetteer's fake: a handful of places in memory, kept to the same contract as the real one."""

# ruff: noqa: E501  (tables, one case a line)
from __future__ import annotations

from collections.abc import Sequence

from bot.extract.placewords import distance_km
from store.errors import Missing
from store.records.naming import fold
from store.records.place import NameHit, PlaceEntry
from store.records.sighting import PlaceKind

CITY, DISTRICT, PROVINCE = PlaceKind.CITY, PlaceKind.DISTRICT, PlaceKind.PROVINCE


def place(
    number: int, name: str, kind: PlaceKind, lat: float, lon: float, country: str, zone: str, **more: object
) -> PlaceEntry:
    """An entry with a radius and population that suit its kind unless told otherwise."""
    values: dict[str, object] = {"radius_km": 30.0, "population": 1_000_000, "source": "fake", **more}
    return PlaceEntry(number, name, kind, lat, lon, country=country, zone=zone, **values)  # type: ignore[arg-type]


_CN = {"country": "CN", "zone": "Asia/Shanghai"}
_US = {"country": "US", "radius_km": 6.0}
PLACES: tuple[tuple[PlaceEntry, tuple[str, ...]], ...] = (
    (place(1, "成都市", CITY, 30.57, 104.06, city="成都市", province="四川省", population=9_000_000, **_CN), ("成都", "成都市", "chengdu")),
    (place(2, "锦江区", DISTRICT, 30.60, 104.12, city="成都市", province="四川省", district="锦江区", radius_km=6.0, **_CN), ("锦江", "锦江区")),
    (place(3, "重庆市", CITY, 29.56, 106.55, city="重庆市", province="重庆市", population=9_000_000, **_CN), ("重庆", "重庆市")),
    (place(4, "贵阳市", CITY, 26.65, 106.63, city="贵阳市", province="贵州省", **_CN), ("贵阳", "贵阳市")),
    (place(5, "乌鲁木齐市", CITY, 43.79, 87.63, city="乌鲁木齐市", province="新疆维吾尔自治区", **_CN), ("乌鲁木齐", "乌鲁木齐市")),
    (place(6, "南京市", CITY, 32.06, 118.79, city="南京市", province="江苏省", **_CN), ("南京", "南京市")),
    (place(7, "河南省", PROVINCE, 34.76, 113.75, province="河南省", population=90_000_000, radius_km=300.0, **_CN), ("河南", "河南省")),
    (place(8, "和平区", DISTRICT, 41.79, 123.42, city="沈阳市", province="辽宁省", district="和平区", **_CN), ("和平", "和平区")),
    (place(21, "Springfield", CITY, 37.21, -93.29, zone="America/Chicago", city="Springfield", province="Missouri", population=170_000, **_US), ("springfield",)),
    (place(22, "Springfield", CITY, 42.10, -72.59, zone="America/New_York", city="Springfield", province="Massachusetts", population=154_000, **_US), ("springfield",)),
    (place(23, "Springfield", CITY, 39.80, -89.64, zone="America/Chicago", city="Springfield", province="Illinois", population=114_000, **_US), ("springfield",)),
    (place(24, "Springfield", CITY, 44.05, -123.02, zone="America/Los_Angeles", city="Springfield", province="Oregon", population=61_000, **_US), ("springfield",)),
    (place(25, "Springfield", CITY, 39.92, -83.81, zone="America/New_York", city="Springfield", province="Ohio", population=60_000, **_US), ("springfield",)),
    (place(31, "London", CITY, 51.51, -0.13, "GB", "Europe/London", city="London", population=9_000_000), ("london",)),
    (place(32, "Manchester", CITY, 53.48, -2.24, "GB", "Europe/London", city="Manchester", population=550_000), ("manchester",)),
    (place(33, "Reading", CITY, 51.46, -0.97, "GB", "Europe/London", city="Reading", population=240_000), ("reading",)),
)  # fmt: skip


class FakeGazetteer:
    """Keeps the contract on the places given."""

    def __init__(self, places: Sequence[tuple[PlaceEntry, tuple[str, ...]]] = PLACES) -> None:
        self._by_id = {entry.id: entry for entry, _ in places}
        self._names: dict[str, list[PlaceEntry]] = {}
        for entry, names in places:
            for name in names:
                self._names.setdefault(fold(name), []).append(entry)
        for entries in self._names.values():
            entries.sort(key=lambda e: -e.population)

    def find(self, text: str) -> list[NameHit]:
        """Every known name in the text."""
        folded, hits = fold(text), []
        for name, entries in self._names.items():
            at = folded.find(name)
            while at >= 0:
                end = at + len(name)
                if name[0] > "\u2e7f" or not (_joins(folded[at - 1 : at]) or _joins(folded[end : end + 1])):
                    hits.append(NameHit(at, end, tuple(e.id for e in entries)))
                at = folded.find(name, at + 1)
        return sorted(hits, key=lambda hit: (hit.start, -hit.end))

    def entry(self, place_id: int) -> PlaceEntry:
        """The place with this id."""
        if place_id not in self._by_id:
            raise Missing(f"place {place_id}", "no such place")
        return self._by_id[place_id]

    def lookup(self, name: str) -> tuple[PlaceEntry, ...]:
        """All places called so."""
        return tuple(self._names.get(fold(name.strip()), ()))

    def nearest(self, lat: float, lon: float, within_km: float) -> PlaceEntry | None:
        """The closest district or city."""
        near = [
            (distance_km(lat, lon, e.lat, e.lon), e.id)
            for e in self._by_id.values()
            if e.kind in (CITY, DISTRICT)
        ]
        away, number = min(near)
        return self._by_id[number] if away <= within_km else None

    def zone_at(self, lat: float, lon: float) -> str:
        """The zone of the closest place within 500 km."""
        near = self.nearest(lat, lon, 500.0) if -90 <= lat <= 90 and -180 <= lon <= 180 else None
        return near.zone if near else ""


def _joins(char: str) -> bool:
    return bool(char) and char.isalnum() and char < "\u2e80"
