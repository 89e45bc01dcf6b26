"""The gazetteer on one SQLite file: names found by an automaton in memory, places read by id.

Opened and, when missing or of another make, built on first use; never reaches a network. Safe for
use by many threads.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import ahocorasick
import structlog

from store.errors import Missing, StoreError
from store.gazetteer_build import SCHEMA_VERSION, build, distance_km
from store.gazetteer_names import ask
from store.gazetteer_world import TOWN_QUERY
from store.places_map import FIRST_ID, PlacesMap, map_beside
from store.records.naming import fold
from store.records.place import NameHit, PlaceEntry
from store.records.sighting import PlaceKind

if TYPE_CHECKING:
    from timezonefinder import TimezoneFinder

log = structlog.get_logger(__name__)

_COLUMNS = "id, name, kind, lat, lon, radius_km, country, province, city, district, population, zone, source"


_MOST_REMEMBERED = 50_000
_AROUND_KM = 60.0


class SqlGazetteer:
    """Keeps the contract of `bot.extract.gazetteer.Gazetteer` on the file at `path`.

    Nothing is read before the first question. `build_if_missing` makes the file then (a few
    seconds, offline); otherwise a missing or damaged file raises StoreError.
    """

    def __init__(
        self, path: Path, *, build_if_missing: bool = True, progress: Callable[[str], None] | None = None
    ) -> None:
        self._path = path
        self._build_if_missing = build_if_missing
        self._progress = progress
        self._lock = Lock()
        self._base: sqlite3.Connection | None = None
        self._names: Any = None
        self._entries: dict[int, PlaceEntry] = {}
        self._towns: dict[str, tuple[int, ...]] = {}
        self._zones: TimezoneFinder | None = None
        self._map = PlacesMap(map_beside(path))

    def find(self, text: str) -> list[NameHit]:
        """Every known name in the text, by start, longest first; Latin names as whole words only."""
        self._open()
        folded = fold(text)
        hits = []
        for last, (length, ids) in self._names.iter(folded):
            start, end = last - length + 1, last + 1
            if _is_whole(folded, start, end):
                hits.append(NameHit(start, end, ids))
        hits.sort(key=lambda hit: (hit.start, -hit.end))
        return hits

    def entry(self, place_id: int) -> PlaceEntry:
        """The place with this id. Raises Missing."""
        if place_id >= FIRST_ID:
            return self._mapped_entry(place_id)
        base = self._open()
        known = self._entries.get(place_id)
        if known is None:
            with self._lock:
                row = base.execute(f"SELECT {_COLUMNS} FROM place WHERE id = ?", (place_id,)).fetchone()  # noqa: S608
                row = row or base.execute(TOWN_QUERY, (place_id,)).fetchone()
            if row is None:
                raise Missing(f"place {place_id}", "the gazetteer has no such place; was it rebuilt?")
            known = self._entries[place_id] = _entry(row)
        return known

    def lookup(self, name: str) -> tuple[PlaceEntry, ...]:
        """All places called exactly so, most populous first."""
        self._open()
        folded = fold(name.strip())
        found = self._names.get(folded, None)
        ids = dict.fromkeys(found[1] if found else ())
        ids.update(dict.fromkeys(self._towns_called(folded)))
        known = sorted((self.entry(i) for i in ids), key=lambda e: -e.population)
        return (*known, *self.mapped(name))

    def other_name(self, name: str, country: str, language: str) -> str:
        """The name of a division or city of a country in "zh" or "en"; "" where none is known.

        A country's own name is asked for by its code, with `country` "".
        """
        base = self._open()
        with self._lock:
            return ask(base, name, country, language)

    # ── small places, from map extracts ───────────────────────────────────────────────────────────

    def mapped(self, name: str) -> tuple[PlaceEntry, ...]:
        """Streets, stations, landmarks and shops called so, pieces of one joined."""
        return tuple(map(self._inside, self._map.called(name)))

    def mapped_in(self, text: str) -> list[NameHit]:
        """Names of stations and landmarks in the text. Apart from `find`, which names what holds people."""
        return self._map.find(text)

    def crossing(self, a: str, b: str) -> tuple[PlaceEntry, ...]:
        """Where two streets meet."""
        return tuple(map(self._inside, self._map.crossing(a, b)))

    def exit_of(self, station: PlaceEntry, ref: str) -> PlaceEntry | None:
        """A station's exit by its letter or number, None if the map has none."""
        found = self._map.exit_near(station.lat, station.lon, ref)
        return self._inside(found) if found else None

    def map_sources(self) -> list[tuple[str, str, str, int]]:
        """(file, licence, datum, places) of every extract that was imported."""
        return self._map.sources()

    def _mapped_entry(self, place_id: int) -> PlaceEntry:
        known = self._map.entry(place_id)
        if known is None:
            raise Missing(f"place {place_id}", "the map has no such place; was another extract imported?")
        return self._inside(known)

    def _inside(self, entry: PlaceEntry) -> PlaceEntry:
        """The entry with the city and district around it."""
        near = self.nearest(entry.lat, entry.lon, _AROUND_KM)
        if near is None:
            return replace(entry, zone=self.zone_at(entry.lat, entry.lon))
        above = {name: getattr(near, name) for name in ("country", "province", "city", "district", "zone")}
        return replace(entry, **above)

    def _towns_called(self, folded: str) -> tuple[int, ...]:
        """Ids of the small places of this name, from the file."""
        known = self._towns.get(folded)
        if known is None:
            base = self._open()
            with self._lock:
                rows = base.execute("SELECT place FROM town_name WHERE name = ?", (folded,)).fetchall()
                if len(self._towns) >= _MOST_REMEMBERED:
                    self._towns.clear()
                known = self._towns[folded] = tuple(row[0] for row in rows)
        return known

    def nearest(self, lat: float, lon: float, within_km: float) -> PlaceEntry | None:
        """The district or city whose point is closest, at most `within_km` away, or None."""
        base = self._open()
        span = within_km / 111.0
        query = f"SELECT {_COLUMNS} FROM place WHERE lat BETWEEN ? AND ? AND kind IN ('city', 'district')"  # noqa: S608
        with self._lock:
            rows = base.execute(query, (lat - span, lat + span)).fetchall()
        best: tuple[float, PlaceEntry] | None = None
        for row in rows:
            away = distance_km(lat, lon, row[3], row[4])
            if away <= within_km and (best is None or away < best[0]):
                best = (away, _entry(row))
        return best[1] if best else None

    def within(
        self, south: float, north: float, west: float, east: float, *, most: int = 12
    ) -> list[PlaceEntry]:
        """Cities and districts in a box of degrees, most populous first: what a small map names."""
        query = (
            f"SELECT {_COLUMNS} FROM place WHERE lat BETWEEN ? AND ? AND lon BETWEEN ? AND ?"  # noqa: S608
            " AND kind IN ('city', 'district') ORDER BY population DESC, id LIMIT ?"
        )
        base = self._open()
        with self._lock:
            rows = base.execute(query, (south, north, west, east, most)).fetchall()
        return [_entry(row) for row in rows]

    def zone_at(self, lat: float, lon: float) -> str:
        """The IANA zone there; Xinjiang is read in Beijing time. "" when out of range."""
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            return ""
        with self._lock:
            if self._zones is None:
                from timezonefinder import TimezoneFinder  # a quarter of a second, only when asked

                self._zones = TimezoneFinder()
            zone = self._zones.timezone_at(lat=lat, lng=lon) or ""
        if zone == "Asia/Urumqi":
            return "Asia/Shanghai"
        return "" if zone.startswith("Etc/") else zone

    def close(self) -> None:
        """Give the file back. Safe to call twice."""
        with self._lock:
            if self._base is not None:
                self._base.close()
            self._base, self._names = None, None
        self._map.close()

    def _open(self) -> sqlite3.Connection:
        if self._base is not None:
            return self._base
        with self._lock:
            if self._base is None:
                base = self._connect()
                self._names = _automaton(base)
                self._base = base
            return self._base

    def _connect(self) -> sqlite3.Connection:
        base = _usable(self._path)
        if base is None and self._build_if_missing:
            log.info("gazetteer.build", path=str(self._path))
            build(self._path, self._progress)
            base = _usable(self._path)
        if base is None:
            raise StoreError(
                str(self._path), "no usable gazetteer here; build it with store.gazetteer_build.build"
            )
        return base


def _usable(path: Path) -> sqlite3.Connection | None:
    """An open connection to a whole file of the present make, else None."""
    if not path.is_file():
        return None
    try:
        base = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    except sqlite3.Error:
        return None
    with contextlib.suppress(sqlite3.DatabaseError):
        row = base.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        if row and row[0] == str(SCHEMA_VERSION):
            return base
    base.close()
    return None


def _automaton(base: sqlite3.Connection) -> Any:
    names = ahocorasick.Automaton()
    query = (
        "SELECT n.name, n.place FROM name n JOIN place p ON p.id = n.place ORDER BY n.name, p.population DESC"
    )
    name = ""
    ids: list[int] = []
    for row_name, place in base.execute(query):
        if row_name != name and ids:
            names.add_word(name, (len(name), tuple(ids)))
            ids = []
        name = row_name
        ids.append(place)
    if ids:
        names.add_word(name, (len(name), tuple(ids)))
    names.make_automaton()
    return names


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a Latin name stands alone; Chinese writes no spaces, so its names always do."""
    if text[start] > "\u2e7f":
        return True
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not _joins(before) and not _joins(after)


def _joins(char: str) -> bool:
    return char.isalnum() and char < "\u2e80"


def _entry(row: tuple[Any, ...]) -> PlaceEntry:
    return PlaceEntry(row[0], row[1], PlaceKind(row[2]), *row[3:])
