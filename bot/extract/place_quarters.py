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


_Names = tuple[frozenset[str], frozenset[str]]
"""Names, and the letters that they begin with."""


@lru_cache(maxsize=512)
def _of_city(joined: str) -> _Names:
    names = frozenset(joined.split(" "))
    return names, frozenset(name[:1] for name in names)


@lru_cache(maxsize=64)
def _names(*joined: str) -> _Names:
    cities = [_of_city(names) for names in joined]
    if len(cities) == 1:
        return cities[0]
    return frozenset().union(*(names for names, _ in cities)), frozenset().union(*(f for _, f in cities))


def find(text: str, entries: Sequence[PlaceEntry], quarters: Quarters) -> list[Span]:
    """Where the head of the text names quarters of the cities around these places: the longest at each place,
    none overlapping. Simplified characters."""
    if not quarters:
        return []
    codes = codes_of(entries[:_MOST_PLACES], quarters)
    if not codes:
        return []
    provinces: dict[str, list[str]] = {}
    for code in codes:
        provinces.setdefault(code[:2], []).append(quarters[code])
    known = [_names(*joined) for joined in provinces.values()]
    firsts = known[0][1].union(*(letters for _, letters in known[1:]))
    found: list[Span] = []
    at, size = 0, min(len(text), _MOST_CHARS)
    while at < size - 1:
        if text[at] >= "\u4e00" and text[at] in firsts:
            for stop in range(min(size, at + _LONGEST), at + 1, -1):
                if any(text[at:stop] in names for names, _ in known):
                    found.append((at, stop))
                    at = stop - 1
                    break
        at += 1
    return found
