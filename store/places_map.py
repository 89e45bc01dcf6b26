"""Streets, stations, exits and landmarks from map extracts, in one SQLite file beside the gazetteer.

A file of its own, so that the gazetteer can be built anew without reading extracts again. Rows keep the
id of their object: an extract read twice changes nothing. Reading happens in store/osm_read.py.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import ahocorasick

from store.errors import StoreError
from store.gazetteer_build import distance_km
from store.records.naming import fold
from store.records.place import NameHit, PlaceEntry
from store.records.placenames import bare_station, crossing_key
from store.records.sighting import PlaceKind

MAP_SCHEMA = 1
FIRST_ID = 5_000_000_000
"""Ids of the map's places begin here, above all of the gazetteer's."""
LICENCE = "OpenStreetMap contributors, ODbL 1.0, openstreetmap.org/copyright"
SOURCE = "OpenStreetMap"
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS source (
  name TEXT PRIMARY KEY, licence TEXT NOT NULL, datum TEXT NOT NULL, places INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS place (
  id INTEGER PRIMARY KEY, osm TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL, lat REAL NOT NULL,
  lon REAL NOT NULL, radius_km REAL NOT NULL, ref TEXT NOT NULL, source TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS name (
  name TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (name, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS name_place ON name (place);
CREATE INDEX IF NOT EXISTS place_ref ON place (ref, lat) WHERE ref != '';
"""
_COLUMNS = "p.id, p.name, p.kind, p.lat, p.lon, p.radius_km"
_MOST = 400
_JOINED_KM = {PlaceKind.STREET: 1.5, PlaceKind.CROSSING: 0.2, PlaceKind.STATION: 0.6}
_EXIT_AWAY_KM = 0.8
_SEARCHED = (PlaceKind.STATION.value, PlaceKind.LANDMARK.value)
_SHORTEST_LATIN = 5


def map_beside(gazetteer: Path) -> Path:
    """Where the map of places of this gazetteer lies."""
    return gazetteer.with_name("places-map.sqlite")


class PlacesMap:
    """Looks places up in the file at `path`; without a file it knows nothing. Safe for many threads.

    Points are WGS-84. Nothing is said of city or district: whoever asks knows what lies around a point.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = str(path)
        self._lock = Lock()
        self._base: sqlite3.Connection | None = None
        self._names: Any = None
        self._made_of: tuple[int, int] | None = None

    def called(self, name: str) -> tuple[PlaceEntry, ...]:
        """Places called exactly so (folded), pieces of one street joined; stations also without 站."""
        wanted = fold(" ".join(name.split()))
        for spelling in dict.fromkeys((wanted, bare_station(wanted))):
            query = f"SELECT {_COLUMNS} FROM name n JOIN place p ON p.id = n.place WHERE n.name = ? LIMIT ?"  # noqa: S608
            if spelling and (rows := self._rows(query, (spelling, _MOST))):
                return joined([_entry(row) for row in rows])
        return ()

    def crossing(self, a: str, b: str) -> tuple[PlaceEntry, ...]:
        """Where two streets meet."""
        return self.called(crossing_key(a, b))

    def exit_near(self, lat: float, lon: float, ref: str) -> PlaceEntry | None:
        """The exit with this letter or number nearest to a station's point, at most 800 m away."""
        span = _EXIT_AWAY_KM / 111.0
        query = f"SELECT {_COLUMNS} FROM place p WHERE p.ref = ? AND p.lat BETWEEN ? AND ?"  # noqa: S608
        found = [_entry(row) for row in self._rows(query, (ref, lat - span, lat + span))]
        near = [(distance_km(lat, lon, e.lat, e.lon), e.id, e) for e in found]
        best = min(near, default=None)
        return best[2] if best and best[0] <= _EXIT_AWAY_KM else None

    def entry(self, place_id: int) -> PlaceEntry | None:
        """The place with this id, None if there is none."""
        query = f"SELECT {_COLUMNS} FROM place p WHERE p.id = ?"  # noqa: S608
        rows = self._rows(query, (place_id - FIRST_ID,))
        return _entry(rows[0]) if rows else None

    def find(self, text: str) -> list[NameHit]:
        """Names of stations and landmarks in the text, longest first; Latin ones as whole words."""
        names = self._automaton()
        if names is None:
            return []
        folded, hits = fold(text), []
        for last, (length, ids) in names.iter(folded):
            start = last - length + 1
            if folded[start] > "\u2e7f" or not (_joins(folded, start - 1) or _joins(folded, last + 1)):
                hits.append(NameHit(start, last + 1, ids))
        return sorted(hits, key=lambda hit: (hit.start, -hit.end))

    def sources(self) -> list[tuple[str, str, str, int]]:
        """(file, licence, datum, places) of every extract that was read."""
        rows = self._rows("SELECT name, licence, datum, places FROM source ORDER BY name", ())
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def close(self) -> None:
        """Give the file back. Safe to call twice."""
        with self._lock:
            if self._base is not None:
                self._base.close()
            self._base, self._names, self._made_of = None, None, None

    def _rows(self, query: str, values: Sequence[object]) -> list[Any]:
        with self._lock:
            base = self._opened()
            try:
                return base.execute(query, tuple(values)).fetchall() if base else []
            except sqlite3.Error as error:
                raise _broken(self.path, error) from error

    def _opened(self) -> sqlite3.Connection | None:
        try:
            seen = os.stat(self._file)  # noqa: PTH116 (asked several times a post)
        except OSError:
            return None
        made_of = (seen.st_ino, seen.st_mtime_ns)
        if made_of != self._made_of:
            # An import puts a new file in the place of the old one.
            if self._base is not None:
                self._base.close()
            self._base, self._names = None, None
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            base = sqlite3.connect(uri, uri=True, check_same_thread=False)
            try:
                row = base.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
            except sqlite3.Error as error:
                base.close()
                raise _broken(self.path, error) from error
            if row is None or row[0] != str(MAP_SCHEMA):
                base.close()
                raise _broken(self.path, "of another version")
            self._base, self._made_of = base, made_of
        return self._base

    def _automaton(self) -> Any:
        """All searched names."""
        with self._lock:
            base = self._opened()
            if base is None:
                return None
            if self._names is None:
                self._names = _made(base)
            return self._names or None


def _made(base: sqlite3.Connection) -> Any:
    names = ahocorasick.Automaton()
    query = "SELECT n.name, n.place FROM name n JOIN place p ON p.id = n.place WHERE p.kind IN (?, ?)"
    found: dict[str, list[int]] = {}
    for name, place in base.execute(query, _SEARCHED):
        if name[0] > "\u2e7f" or len(name) >= _SHORTEST_LATIN:
            found.setdefault(name, []).append(place + FIRST_ID)
    for name, ids in found.items():
        names.add_word(name, (len(name), tuple(ids[:20])))
    if not found:
        return False
    names.make_automaton()
    return names


def _broken(path: Path, reason: object) -> StoreError:
    return StoreError(str(path), f"is no map of places ({reason}); remove it and import the extracts again")


def _joins(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isalnum() and text[at] < "\u2e80"


def _entry(row: Any) -> PlaceEntry:
    number, name, kind, lat, lon, radius_km = row
    return PlaceEntry(number + FIRST_ID, name, PlaceKind(kind), lat, lon, radius_km, source=SOURCE)


def joined(entries: Iterable[PlaceEntry]) -> tuple[PlaceEntry, ...]:
    """Pieces of one thing as one place: parts of a street, corners of a crossing, levels of a station."""
    groups: list[list[PlaceEntry]] = []
    for entry in sorted(entries, key=lambda e: e.id):
        reach = _JOINED_KM.get(entry.kind, 0.1)
        group = next(
            (
                g
                for g in groups
                if g[0].kind is entry.kind
                and any(
                    distance_km(o.lat, o.lon, entry.lat, entry.lon) <= reach + o.radius_km + entry.radius_km
                    for o in g
                )
            ),
            None,
        )
        if group is None:
            groups.append([entry])
        else:
            group.append(entry)
    return tuple(_one(group) for group in groups)


def _one(group: Sequence[PlaceEntry]) -> PlaceEntry:
    first = group[0]
    if len(group) == 1:
        return first
    lat, lon = (sum(e.lat for e in group) / len(group), sum(e.lon for e in group) / len(group))
    reach = max(distance_km(lat, lon, e.lat, e.lon) + e.radius_km for e in group)
    if first.kind is not PlaceKind.STREET:
        # Levels and platforms of a station lie one above the other: the reach of one stays that of all.
        reach = max(max(distance_km(lat, lon, e.lat, e.lon) for e in group), first.radius_km)
    return PlaceEntry(first.id, first.name, first.kind, lat, lon, round(reach, 3), source=first.source)
