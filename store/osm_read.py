"""Objects of an OpenStreetMap extract, one by one: .osm (XML), .osm.gz, .osm.bz2, GeoJSON, GeoJSON lines.

Memory does not grow with the file. Declarations of types and entities are refused: an extract has none,
and they are how a small file becomes a large one.
"""

from __future__ import annotations

import bz2
import gzip
import json
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from store.errors import UsageError

XML, GEOJSON = "xml", "geojson"
_CHUNK = 1 << 16
_MOST_DIGITS = 19
_MOST_TAGS = 500
_LONGEST_VALUE = 1000
_MOST_FEATURE_CHARS = 8_000_000
_KINDS = {
    ".osm": XML,
    ".xml": XML,
    ".geojson": GEOJSON,
    ".json": GEOJSON,
    ".geojsonl": GEOJSON,
    ".geojsonseq": GEOJSON,
}

Point = tuple[float, float]


@dataclass(slots=True)
class Thing:
    """A node, way, relation or feature: its id with the kind's letter, tags, and where it lies.

    A way of an XML extract knows only the ids of its nodes (`refs`), a feature the points themselves.
    """

    ident: str
    tags: dict[str, str] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    refs: list[int] = field(default_factory=list)


def kind_of(path: Path) -> str:
    """XML or GEOJSON by the file's name. Raises UsageError with the way out for every other."""
    name = path.name.lower()
    if name.endswith(".pbf"):
        raise UsageError(path.name, "is a .pbf; convert it first: `osmium cat FILE.osm.pbf -o FILE.osm.bz2`")
    bare = name.removesuffix(".gz").removesuffix(".bz2")
    for ending, kind in _KINDS.items():
        if bare.endswith(ending):
            return kind
    raise UsageError(path.name, "is no extract that is read here; give .osm, .osm.gz, .osm.bz2 or .geojson")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked. Raises UsageError when it cannot be read or is damaged."""
    name = path.name.lower()
    opening: Callable[[Path], Any] = (
        gzip.open if name.endswith(".gz") else bz2.open if name.endswith(".bz2") else Path.open
    )
    try:
        with opening(path, "rb") as stream:  # type: ignore[call-arg]
            yield stream
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(path.name, f"cannot be read to its end ({reason}); fetch it again") from error


def things(path: Path, *, wanted: str = "nwr") -> Iterator[Thing]:
    """Every object of the kinds in `wanted` (n, w, r; a GeoJSON feature counts as any). Raises UsageError."""
    kind = kind_of(path)
    with _opened(path) as stream:
        yield from _xml(path, stream, wanted) if kind == XML else _features(path, stream)


# ── XML ──────────────────────────────────────────────────────────────────────────────────────────

_LETTERS = {"node": "n", "way": "w", "relation": "r"}


class _Elements:
    """Collects finished objects while expat walks the file."""

    def __init__(self, path: Path, wanted: str) -> None:
        self.done: list[Thing] = []
        self.is_osm = False
        self._path = path
        self._wanted = wanted
        self._open: Thing | None = None
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.buffer_text = True

    def _refuse(self, *_: object) -> None:
        raise UsageError(self._path.name, "declares types or entities, which no extract does; it is not read")

    def _start(self, name: str, given: Mapping[str, str]) -> None:
        if not self.is_osm:
            if name != "osm":
                raise UsageError(self._path.name, f"is XML of another kind (<{name[:40]}>, not <osm>)")
            self.is_osm = True
        elif name in _LETTERS:
            self._open = self._begun(name, given) if _LETTERS[name] in self._wanted else None
        elif self._open is None:
            return
        elif name == "tag" and len(self._open.tags) < _MOST_TAGS:
            self._open.tags[given.get("k", "")] = given.get("v", "")[:_LONGEST_VALUE]
        elif name == "nd" and (ref := given.get("ref", "")).lstrip("-").isdigit():
            self._open.refs.append(int(ref))

    def _begun(self, name: str, given: Mapping[str, str]) -> Thing | None:
        ident = given.get("id", "")
        if not ident.lstrip("-").isdigit() or len(ident) > 18 or given.get("visible") == "false":
            return None
        thing = Thing(f"{_LETTERS[name]}{int(ident)}")
        if name == "node":
            point = _point(given.get("lat"), given.get("lon"))
            if point is None:
                return None
            thing.points.append(point)
        return thing

    def _end(self, name: str) -> None:
        if name in _LETTERS and self._open is not None:
            self.done.append(self._open)
            self._open = None


def _xml(path: Path, stream: IO[bytes], wanted: str) -> Iterator[Thing]:
    elements = _Elements(path, wanted)
    try:
        while chunk := stream.read(_CHUNK):
            elements.parser.Parse(chunk, False)
            yield from elements.done
            elements.done.clear()
        elements.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UsageError(path.name, f"is damaged XML ({error}); fetch it again") from error
    yield from elements.done


def _point(lat: object, lon: object) -> Point | None:
    try:
        found = float(lat), float(lon)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(sum(found)) and abs(found[0]) <= 90 and abs(found[1]) <= 180 else None


# ── GeoJSON ──────────────────────────────────────────────────────────────────────────────────────


def named_datum(path: Path) -> str:
    """What a GeoJSON file's beginning says of its datum ("gcj02", "bd09"), "" for nothing or another file."""
    if kind_of(path) != GEOJSON:
        return ""
    with _opened(path) as stream:
        head = stream.read(4096).decode("utf-8", "replace").lower()
    head = head.split('"features"')[0].replace("-", "").replace("_", "").replace(" ", "")
    return next((name for name in ("gcj02", "bd09") if name in head), "")


def _features(path: Path, stream: IO[bytes]) -> Iterator[Thing]:
    for number, feature in enumerate(_objects(path, stream)):
        thing = _feature(feature, number)
        if thing is not None:
            yield thing


def _objects(path: Path, stream: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    """The features of a collection, or of a file with one in each line, without holding the file."""
    decoder, text, begun, ended = json.JSONDecoder(), "", False, False
    decode = _decoding(path)
    while True:
        chunk = stream.read(_CHUNK)
        ended = not chunk
        text += decode(chunk, ended)
        if not begun:
            at = text.find('"features"')
            start = text.find("[", at) if at >= 0 else -1
            is_lines = at < 0 and '"Feature"' in text and ("\n{" in text or "\x1e" in text or ended)
            if start < 0 and not is_lines:
                if ended or len(text) > _MOST_FEATURE_CHARS:
                    raise UsageError(path.name, "holds no list of features; export it as GeoJSON")
                continue
            begun, text = True, text[start + 1 :] if start >= 0 else text
        at = 0
        while (opening := text.find("{", at)) >= 0:
            if "]" in text[at:opening]:
                return
            try:
                found, at = decoder.raw_decode(text, opening)
            except (ValueError, RecursionError) as error:
                if ended or len(text) - opening > _MOST_FEATURE_CHARS:
                    raise UsageError(path.name, "breaks off or is no GeoJSON; fetch it again") from error
                break
            yield found
        text = text[at:]
        if ended:
            return


def _decoding(path: Path) -> Callable[[bytes, bool], str]:
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8-sig")()

    def decode(chunk: bytes, final: bool) -> str:
        try:
            return decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            raise UsageError(path.name, "is not UTF-8") from error

    return decode


def _feature(feature: Mapping[str, Any], number: int) -> Thing | None:
    given, geometry = feature.get("properties"), feature.get("geometry")
    if not isinstance(given, dict) or not isinstance(geometry, dict):
        return None
    tags = {str(k): str(v)[:_LONGEST_VALUE] for k, v in list(given.items())[:_MOST_TAGS] if v is not None}
    kind, points = geometry.get("type"), list(_coordinates(geometry.get("coordinates")))
    if not points or kind not in ("Point", "LineString", "Polygon", "MultiLineString", "MultiPolygon"):
        return None
    ident = str(feature.get("id") or tags.get("@id") or tags.get("id") or tags.get("osm_id") or "")
    parts = ident.split("/")
    if len(parts) == 2 and parts[0] in _LETTERS and _is_number(parts[1]):
        return Thing(f"{_LETTERS[parts[0]]}{int(parts[1])}", tags, points)
    if _is_number(ident.lstrip("nwra")):
        letter = ident[0] if ident[0] in "nwr" else "n" if kind == "Point" else "w"
        return Thing(f"{letter}{int(ident.lstrip('nwra'))}", tags, points)
    name = tags.get("name", "")
    return Thing(f"f{points[0][0]:.6f},{points[0][1]:.6f},{name}" if name else f"f{number}", tags, points)


def _is_number(text: str) -> bool:
    """An id as OpenStreetMap has them: `isdigit` alone also takes `²`, which is no number."""
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS


def _coordinates(value: object, depth: int = 0) -> Iterator[Point]:
    """The points of a geometry, whatever its depth; GeoJSON has longitude first (RFC 7946, 3.1.1)."""
    if not isinstance(value, list) or depth > 4:
        return
    if len(value) >= 2 and not isinstance(value[0], list):
        point = _point(value[1], value[0])
        if point is not None:
            yield point
        return
    for part in value:
        yield from _coordinates(part, depth + 1)
