"""What is known of places on this machine: build it, add map extracts to it, look a name up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from store import gazetteer_build
from store.datum import Datum
from store.errors import UsageError
from store.places_import import Imported, import_extract
from store.places_map import LICENCE, map_beside
from store.records.place import PlaceEntry

__all__ = ["LICENCE", "Opener", "Places", "add_extract", "build", "find"]

Say = Callable[[str], None]


class Places(Protocol):
    """What is asked of an opened gazetteer here."""

    def lookup(self, name: str) -> tuple[PlaceEntry, ...]:
        """All places called so."""
        ...

    def close(self) -> None:
        """Give back the file."""
        ...


class Opener(Protocol):
    """Opens the gazetteer of a file; `progress` is told what takes long."""

    def __call__(self, file: Path, /, *, progress: Say) -> Places:
        """Raises StoreError."""
        ...


def build(gazetteer: Path, say: Say) -> None:
    """Build the gazetteer anew from installed data; imported extracts stay. Raises StoreError."""
    gazetteer_build.build(gazetteer, say)


def add_extract(gazetteer: Path, extract: Path, datum: Datum | None, say: Say) -> Imported:
    """Add the places of a map extract, again and again without doubling. Raises UsageError, StoreError."""
    if not extract.is_file():
        raise UsageError(str(extract), "is no file; give the path of an extract")
    return import_extract(extract, map_beside(gazetteer), datum=datum, progress=say)


def find(opened: Opener, gazetteer: Path, name: str, say: Say) -> tuple[PlaceEntry, ...]:
    """All places called so, those of map extracts last. `opened` gives the gazetteer of a file."""
    places = opened(gazetteer, progress=say)
    try:
        return places.lookup(name)
    finally:
        places.close()
