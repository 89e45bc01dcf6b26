"""Administrative names of a place in the language of who reads them.

Pure: names are asked for through a port. One that nobody knows in that language stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from store.records.sighting import WhereCandidate


@runtime_checkable
class NamesOfPlaces(Protocol):
    """Names of places in other languages."""

    def other_name(self, name: str, country: str, language: str) -> str:
        """The name in "zh" or "en"; "" where none is known. A country's by its code, with `country` ""."""
        ...


@dataclass(frozen=True, slots=True)
class Above:
    """What a place lies in, from large to small, in one language; "" where nothing is known."""

    country: str = ""
    province: str = ""
    city: str = ""
    district: str = ""

    def line(self, language: str) -> str:
        """The names as one line: from large to small in Chinese, from small to large in English."""
        parts = list(dict.fromkeys(filter(None, (self.country, self.province, self.city, self.district))))
        return " ".join(parts) if language == "zh" else ", ".join(reversed(parts))


def language_of(tag: str) -> str:
    """The language whose names are shown for a tag: "zh" for all of Chinese, else "en"."""
    return "zh" if tag.lower().startswith("zh") else "en"


def above(candidate: WhereCandidate, language: str, names: object) -> Above:
    """The names above a reading of the place, in "zh" or "en"; `names` may know none."""
    if not isinstance(names, NamesOfPlaces):
        return Above(candidate.country, candidate.province, candidate.city, candidate.district)

    def told(name: str) -> str:
        if not name or _is_in(name, language):
            return name
        return names.other_name(name, candidate.country, language) or name

    country = names.other_name(candidate.country, "", language) if candidate.country else ""
    return Above(
        country or candidate.country, told(candidate.province), told(candidate.city), told(candidate.district)
    )


def _is_in(name: str, language: str) -> bool:
    is_han = any("\u4e00" <= char <= "\u9fff" for char in name)
    return is_han == (language == "zh")
