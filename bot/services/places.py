"""What is known of places on this machine: build it, add map extracts to it, look a name up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from store import gazetteer_build
from store.datum import Datum
from store.errors import UsageError
from store.gazetteer import SqlGazetteer
from store.places_import import Imported, import_extract
from store.places_map import LICENCE, map_beside
from store.records.place import PlaceEntry

__all__ = ["LICENCE", "add_extract", "build", "find", "sources"]

Say = Callable[[str], None]


def build(gazetteer: Path, say: Say) -> None:
    """Build the gazetteer anew from installed data; imported extracts stay. Raises StoreError."""
    gazetteer_build.build(gazetteer, say)


def add_extract(gazetteer: Path, extract: Path, datum: Datum | None, say: Say) -> Imported:
    """Add the places of a map extract, again and again without doubling. Raises UsageError, StoreError."""
    if not extract.is_file():
        raise UsageError(str(extract), "is no file; give the path of an extract")
    return import_extract(extract, map_beside(gazetteer), datum=datum, progress=say)


def find(gazetteer: Path, name: str, say: Say) -> tuple[PlaceEntry, ...]:
    """All places called so, those of map extracts last."""
    places = SqlGazetteer(gazetteer, progress=say)
    try:
        return places.lookup(name)
    finally:
        places.close()


def sources(gazetteer: Path) -> list[tuple[str, str, str, int]]:
    """(file, licence, datum, places) of every extract that was added."""
    places = SqlGazetteer(gazetteer)
    try:
        return places.map_sources()
    finally:
        places.close()
