"""How names of stations, exits and crossings are compared, by whoever writes a map and whoever reads a text.

Pure functions on the standard library.
"""

from __future__ import annotations

import re

from store.records.naming import fold

_STATION_WORDS = re.compile(
    r"(?:(?:地铁|轻轨|火车|公交|汽车|高铁)?站|(?: (?:metro|subway|mrt|train|railway|bus|tube))? station"
    r"| (?:metro|subway|mrt))$"
)
_MOUTH = r"\s?号?(?:出入口|出口|入口|口)"
_EXIT = re.compile(
    rf"(?:^|[^a-z0-9])([a-z]\d?|\d{{1,2}}[a-z]?){_MOUTH}|\b(?:exit|entrance|gate)\s?([a-z]\d?|\d{{1,2}}[a-z]?)\b"
    r"|^([a-z]\d?|\d{1,2}[a-z]?)$"
)
_SIDE = re.compile(r"([东西南北]{1,2})(?:出|进站|出站)?口")


def bare_station(name: str) -> str:
    """A folded station's name without the words for station: "西单地铁站" is "西单"."""
    return _STATION_WORDS.sub("", name)


def exit_ref(words: str) -> str:
    """The letter or number of an exit: "B" for "B口" or "exit b", "东北" for 东北口; else ""."""
    found = _EXIT.search(fold(words.strip()))
    if found:
        return next(part for part in found.groups() if part).upper()
    side = _SIDE.search(words)
    return side[1] if side else ""


def crossing_key(a: str, b: str) -> str:
    """One key for the crossing of two streets, whichever is named first. No text holds it."""
    return "|".join(sorted((fold(a), fold(b))))
