"""Names of divisions, countries and large cities in the other language of a reader (Chinese, English).

Read from store/data/place_names.tsv and GeoNames while the gazetteer is built; asked by name and country.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from importlib import resources
from typing import Any

from store.records.naming import simplify

NAMES_SCHEMA = """
CREATE TABLE other_name (
  name TEXT NOT NULL, country TEXT NOT NULL, language TEXT NOT NULL, other TEXT NOT NULL,
  PRIMARY KEY (name, country, language)) WITHOUT ROWID;
"""
_INSERT = "INSERT OR IGNORE INTO other_name VALUES (?,?,?,?)"
_ASK = "SELECT other FROM other_name WHERE name = ? AND country = ? AND language = ?"
_LARGE = 100_000
_HAN_COUNTRIES = {"CN", "HK", "MO", "TW"}


def write_names(base: sqlite3.Connection, cities: dict[str, Any]) -> None:
    """Add the table's names, and for cities of the world from a hundred thousand people their Chinese one."""
    text = resources.files("store.data").joinpath("place_names.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    base.executemany(_INSERT, ((r["name"], r["country"], r["language"], r["other"]) for r in rows))
    base.executemany(_INSERT, _of_cities(cities))


def ask(base: sqlite3.Connection, name: str, country: str, language: str) -> str:
    """The name in "zh" or "en", "" where none is known. A country goes by its code, with `country` ""."""
    row = base.execute(_ASK, (name, country, language)).fetchone()
    return str(row[0]) if row else ""


def _of_cities(cities: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for city in sorted(cities.values(), key=lambda c: -c["population"]):
        if city["population"] < _LARGE or city["countrycode"] in _HAN_COUNTRIES:
            continue
        han = [
            n
            for n in city["alternatenames"]
            if 2 <= len(n) <= 8 and all("\u4e00" <= c <= "\u9fff" for c in n) and simplify(n) == n
        ]
        if han:
            yield city["name"], city["countrycode"], "zh", min(han, key=len)
