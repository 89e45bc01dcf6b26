"""Names of quarters and townships of Chinese cities, looked for only in the city that a post is about.

Holds the table it is given and finds; a quarter's name alone means nothing, since most are used in many
cities. Reads no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from store.records.place import PlaceEntry

Span = tuple[int, int]
Quarters = Mapping[str, str]
"""The first four digits of a city's code of division → the names of its quarters, parted by spaces."""

NONE: Quarters = {}
_LONGEST = 4
_MOST_CITIES = 6
_MOST_PLACES = 12
_MOST_CHARS = 700
_SOURCE = "divisions of China"
_MUNICIPAL = {"11", "12", "31", "50"}


def codes_of(entries: Iterable[PlaceEntry], quarters: Quarters) -> list[str]:
    """The cities that these places lie in or are: four digits each, known ones only."""
    found: dict[str, None] = {}
    for entry in entries:
        if entry.source != _SOURCE:
            continue
        code = f"{entry.id:06d}"[:4]
        if code in quarters and code[:2] not in _MUNICIPAL:
            found[code] = None
        elif code.endswith("00") or code[:2] in _MUNICIPAL:
            found.update(dict.fromkeys(_under(code[:2], tuple(quarters))))
        if len(found) >= _MOST_CITIES:
            break
    return list(found)


@lru_cache(maxsize=64)
def _under(province: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(code for code in codes if code.startswith(province))


@lru_cache(maxsize=48)
def _names(*joined: str) -> frozenset[str]:
    return frozenset(name for names in joined for name in names.split(" "))


def find(text: str, entries: Sequence[PlaceEntry], quarters: Quarters) -> list[Span]:
    """Where the head of the text names quarters of the cities around these places: the longest at each place,
    none overlapping. Simplified characters."""
    if not quarters:
        return []
    codes = codes_of(entries[:_MOST_PLACES], quarters)
    known = _names(*(quarters[code] for code in codes)) if codes else frozenset()
    found: list[Span] = []
    at, size = 0, min(len(text), _MOST_CHARS) if known else 0
    while at < size - 1:
        if text[at] >= "\u4e00":
            for stop in range(min(size, at + _LONGEST), at + 1, -1):
                if text[at:stop] in known:
                    found.append((at, stop))
                    at = stop - 1
                    break
        at += 1
    return found
