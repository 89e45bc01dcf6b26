"""Reading a map extract into the map of places: two passes, nothing of the extract's size in memory.

Which objects are places, and what they are called, is said in store/osm_tags.py. Offline.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from store.datum import Datum, to_wgs84
from store.errors import StoreError
from store.gazetteer_build import distance_km
from store.osm_read import XML, Thing, kind_of, named_datum, things
from store.osm_tags import Described, describe
from store.places_map import LICENCE, MAP_SCHEMA, SCHEMA, SOURCE
from store.records.placenames import crossing_key
from store.records.sighting import PlaceKind

_BATCH = 5000
_MOST_STREETS_AT_A_NODE = 6
_WIDEST_KM = 10.0
_CROSSING_KM = 0.1
_TEMPORARY = """
PRAGMA temp_store=FILE;
CREATE TEMP TABLE way (id INTEGER PRIMARY KEY, osm TEXT, what TEXT, street INTEGER);
CREATE TEMP TABLE way_node (way INTEGER, node INTEGER);
CREATE TEMP TABLE coordinate (node INTEGER PRIMARY KEY, lat REAL, lon REAL);
CREATE TEMP TABLE batch (node INTEGER, lat REAL, lon REAL);
"""

Progress = Callable[[str], None]


@dataclass(slots=True)
class Imported:
    """What an extract brought: places by kind, and what was left out, by reason."""

    datum: Datum
    places: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)


def import_extract(
    extract: Path, map_file: Path, *, datum: Datum | None = None, progress: Progress = lambda _: None
) -> Imported:
    """Read an extract into the map at `map_file`, whole or not at all.

    `datum` None: WGS-84, as OpenStreetMap is, unless a GeoJSON file names another. Raises UsageError
    for a file that is no extract, StoreError when the map cannot be written.
    """
    chosen = datum or Datum(named_datum(extract) or Datum.WGS84)
    try:
        map_file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{map_file.name}.", dir=map_file.parent)
        os.close(handle)
        new = Path(name)
        try:
            if map_file.exists():
                shutil.copyfile(map_file, new)
            with _writing(new) as base:
                result = _Import(base, extract, chosen, progress).run()
            new.replace(map_file)
        finally:
            new.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(str(map_file), f"cannot be written ({error}); check folder and space") from error
    return result


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    base = sqlite3.connect(path, isolation_level=None)
    try:
        base.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _TEMPORARY)
        base.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA.split(";"):
            base.execute(statement)
        base.execute("INSERT OR IGNORE INTO meta VALUES ('schema', ?)", (str(MAP_SCHEMA),))
        base.execute("INSERT OR IGNORE INTO meta VALUES ('licence', ?)", (LICENCE,))
        yield base
        base.execute("COMMIT")
    finally:
        base.close()


class _Import:
    def __init__(self, base: sqlite3.Connection, extract: Path, datum: Datum, progress: Progress) -> None:
        self._base = base
        self._extract = extract
        self._say = progress
        self._batch: list[tuple[int, float, float]] = []
        self.result = Imported(datum)

    def run(self) -> Imported:
        if kind_of(self._extract) == XML:
            self._say("reading streets and areas")
            for thing in things(self._extract, wanted="wr"):
                self._line(thing)
            self._base.execute("CREATE INDEX temp.needed ON way_node (node)")
            self._say("reading points")
            for thing in things(self._extract, wanted="n"):
                self._node(thing)
            self._flush()
        else:
            self._say("reading features")
            for thing in things(self._extract):
                self._feature(thing)
            self._base.execute("CREATE INDEX temp.needed ON way_node (node)")
        self._base.execute("CREATE INDEX temp.nodes_of ON way_node (way)")
        self._say("writing streets, areas, crossings")
        self._ways()
        self._crossings()
        total = sum(self.result.places.values())
        self._base.execute(
            "INSERT OR REPLACE INTO source VALUES (?, ?, ?, ?)",
            (self._extract.name, LICENCE, self.result.datum.value, total),
        )
        return self.result

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def _line(self, thing: Thing) -> None:
        what = describe(thing.tags) if thing.tags else None
        if what is None:
            return
        if thing.ident.startswith("r"):
            self.result.left_out["areas drawn as relations"] += 1
        else:
            self._keep_way(thing.ident, what, thing.refs)

    def _keep_way(self, ident: str, what: Described, nodes: list[int]) -> None:
        row = (ident, json.dumps(_plain(what)), what.is_street)
        number = self._base.execute("INSERT INTO way (osm, what, street) VALUES (?,?,?)", row).lastrowid
        self._base.executemany("INSERT INTO way_node VALUES (?,?)", [(number, node) for node in nodes])

    def _node(self, thing: Thing) -> None:
        lat, lon = thing.points[0]
        self._batch.append((int(thing.ident[1:]), lat, lon))
        if len(self._batch) >= _BATCH:
            self._flush()
        what = describe(thing.tags) if thing.tags else None
        if what is not None:
            self._put(thing.ident, what, lat, lon, what.radius_km)

    def _flush(self) -> None:
        """Keep the coordinates of those nodes that a way needs."""
        self._base.executemany("INSERT INTO batch VALUES (?,?,?)", self._batch)
        self._base.execute(
            "INSERT OR IGNORE INTO coordinate SELECT b.node, b.lat, b.lon FROM batch b"
            " WHERE EXISTS (SELECT 1 FROM way_node w WHERE w.node = b.node)"
        )
        self._base.execute("DELETE FROM batch")
        self._batch.clear()

    def _feature(self, thing: Thing) -> None:
        what = describe(thing.tags)
        if what is None:
            return
        if len(thing.points) == 1:
            self._put(thing.ident, what, *thing.points[0], what.radius_km)
            return
        # Streets of a GeoJSON file meet where they share a point, to a centimetre.
        nodes = [(_point_number(lat, lon), lat, lon) for lat, lon in thing.points]
        self._base.executemany("INSERT OR IGNORE INTO coordinate VALUES (?,?,?)", nodes)
        self._keep_way(thing.ident, what, [node for node, _, _ in nodes])

    # ── writing ──────────────────────────────────────────────────────────────────────────────────

    def _ways(self) -> None:
        query = (
            "SELECT w.osm, w.what, min(c.lat), max(c.lat), min(c.lon), max(c.lon), avg(c.lat), avg(c.lon)"
            " FROM way w JOIN way_node n ON n.way = w.id JOIN coordinate c ON c.node = n.node GROUP BY w.id"
        )
        for osm, told, south, north, west, east, lat, lon in self._base.execute(query):
            what = _described(told)
            reach = distance_km(south, west, north, east) / 2
            if reach > _WIDEST_KM:
                self.result.left_out["wider than 20 km"] += 1
            else:
                self._put(osm, what, lat, lon, max(reach, what.radius_km if not what.is_street else 0.1))

    def _crossings(self) -> None:
        query = (
            "SELECT n.node, c.lat, c.lon FROM way_node n JOIN way w ON w.id = n.way AND w.street = 1"
            " JOIN coordinate c ON c.node = n.node GROUP BY n.node HAVING count(DISTINCT w.id) > 1"
        )
        of_node = "SELECT DISTINCT w.what FROM way_node n JOIN way w ON w.id = n.way WHERE n.node = ?"
        of_node += " AND w.street = 1"
        for node, lat, lon in self._base.execute(query):
            streets: dict[str, Described] = {}
            for (told,) in self._base.execute(of_node, (node,)):
                what = _described(told)
                streets.setdefault(what.names[0], what)
            for a, b in combinations(list(streets.values())[:_MOST_STREETS_AT_A_NODE], 2):
                keys = tuple({crossing_key(x, y) for x in a.names[:4] for y in b.names[:4] if x != y})
                name = f"{a.name} / {b.name}"
                crossing = Described(PlaceKind.CROSSING, name, keys, _CROSSING_KM)
                self._put(f"x{node}:{keys and min(keys)}", crossing, lat, lon, _CROSSING_KM)

    def _put(self, osm: str, what: Described, lat: float, lon: float, radius_km: float) -> None:
        lat, lon = to_wgs84(lat, lon, self.result.datum)
        row: tuple[Any, ...] = (osm, what.kind.value, what.name, round(lat, 6), round(lon, 6))
        row += (round(radius_km, 3), what.ref, SOURCE)
        (number,) = self._base.execute(
            "INSERT INTO place (osm, kind, name, lat, lon, radius_km, ref, source) VALUES (?,?,?,?,?,?,?,?)"
            " ON CONFLICT (osm) DO UPDATE SET kind = excluded.kind, name = excluded.name, lat = excluded.lat,"
            " lon = excluded.lon, radius_km = excluded.radius_km, ref = excluded.ref RETURNING id",
            row,
        ).fetchone()
        self._base.execute("DELETE FROM name WHERE place = ?", (number,))
        self._base.executemany(
            "INSERT OR IGNORE INTO name VALUES (?,?)", [(name, number) for name in what.names]
        )
        self.result.places[what.kind.value] += 1


def _plain(what: Described) -> list[Any]:
    return [what.kind.value, what.name, list(what.names), what.radius_km, what.ref, what.is_street]


def _described(told: str) -> Described:
    kind, name, names, radius_km, ref, is_street = json.loads(told)
    return Described(PlaceKind(kind), name, tuple(names), radius_km, ref, is_street)


def _point_number(lat: float, lon: float) -> int:
    """One number for a point, the same for points that agree to seven digits."""
    return (round(lat * 1e7) + 900_000_000) * 4_000_000_000 + round(lon * 1e7) + 1_800_000_000
