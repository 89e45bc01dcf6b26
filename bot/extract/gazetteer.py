"""The port through which places are known: names in a text, places by name or point, time zones.

A contract only. The implementation reads its file elsewhere; nothing here opens one.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from store.records.place import NameHit, PlaceEntry


@runtime_checkable
class Gazetteer(Protocol):
    """What is known of places. All distances in km, all points WGS-84 degrees."""

    def find(self, text: str) -> list[NameHit]:
        """Every known name in the text, longest first at each place, overlaps left in.

        The text is folded inside (`store.records.naming.fold`), so offsets are those of `text`.
        Names in Latin letters are found as whole words only.
        """
        ...

    def entry(self, place_id: int) -> PlaceEntry:
        """The place with this id. Raises `store.errors.Missing`."""
        ...

    def lookup(self, name: str) -> tuple[PlaceEntry, ...]:
        """All places called exactly so (folded), most populous first; empty when unknown."""
        ...

    def nearest(self, lat: float, lon: float, within_km: float) -> PlaceEntry | None:
        """The place whose point is closest, at most `within_km` away, or None."""
        ...

    def zone_at(self, lat: float, lon: float) -> str:
        """The IANA zone there, "" at sea or out of range. Xinjiang is read in Asia/Shanghai."""
        ...
