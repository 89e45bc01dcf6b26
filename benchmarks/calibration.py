"""Compare stated confidence with the share that is right, for the final time and place; or fit the curves.

Usage: python benchmarks/calibration.py [--places FILE] FILE.jsonl:HALF ...
       python benchmarks/calibration.py fit [--places FILE] [--write] FILE.jsonl:HALF ...
       python benchmarks/calibration.py cross [--places FILE] FILE.jsonl:HALF ... -- FILE.jsonl:HALF ...

HALF is dev, held or all (benchmarks/extract.py says how texts are halved). An item is a value given on a
post that gold calls a sighting: a time is right when its interval is, a place when its circle meets the true
one; a value where gold has none is wrong. `fit` uses numbers alone (kind, score, right or not), no text.
`cross` fits on one list and measures on the other, both ways, so that no item is measured by its own curve.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.extract import half_of, is_time_right, post_of
from bot.extract import calibration
from bot.extract.placewords import distance_km
from bot.extract.sighting import as_json, read
from bot.wiring import tagger as shipped_tagger
from store.gazetteer import SqlGazetteer

TABLES = Path(__file__).resolve().parent.parent / "bot" / "extract" / "calibration_tables.py"
BANDS = (0.0, 0.5, 0.7, 0.8, 0.87, 0.93, 1.01)
_PRIOR = 10
"""So many items of the language's mean are added to each point of a curve: few are not believed alone."""
_POINT = 18
"""A curve has a point for each so many items of its kind."""
Table = dict[str, dict[str, tuple[tuple[float, float], ...]]]


@dataclass(frozen=True, slots=True)
class Item:
    """One value given: of which curve, at which score, and whether it was right."""

    what: str
    language: str
    kind: str
    score: float
    right: bool


class _Recorder:
    """Stands in for the curves and keeps what they were asked."""

    def __init__(self) -> None:
        self.time: tuple[str, str, float] | None = None
        self.place: tuple[str, str, float] | None = None

    def time_rate(self, language: str, kind: str, score: float) -> float:
        self.time = (language, kind, score)
        return 0.9

    def place_rate(self, language: str, kind: str, score: float) -> float:
        self.place = (language, kind, score)
        return 0.9


def lines_of(named: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The lines of FILE:HALF arguments."""
    for argument in named:
        name, _, half = argument.rpartition(":")
        path = Path(name)
        for raw in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(raw)
            if half in ("all", half_of(line["text"], path.name)):
                yield line


def items_of(named: Sequence[str], gazetteer: SqlGazetteer) -> list[Item]:
    """What the program gives on these posts, before any curve."""
    asked, tagger, found = _Recorder(), shipped_tagger(), []
    keep = calibration.time_rate, calibration.place_rate
    calibration.time_rate = asked.time_rate
    calibration.place_rate = asked.place_rate
    try:
        for line in lines_of(named):
            asked.time = asked.place = None
            got = as_json(replace(read(post_of(line), (), gazetteer, tagger), is_sighting=True))
            if not line["sighting"]:
                continue
            if asked.time is not None and got["when"] is not None:
                right = line["when"] is not None and is_time_right(got["when"], line["when"])
                found.append(Item("when", *asked.time, right))
            point, gold = got["where"]["point"], line["place_point"]
            if asked.place is not None and point is not None and gold is not None:
                found.append(Item("where", *asked.place, _meets(point, gold)))
    finally:
        calibration.time_rate, calibration.place_rate = keep
    return found


def _meets(point: dict[str, Any], gold: dict[str, Any]) -> bool:
    apart = distance_km(point["lat"], point["lon"], gold["lat"], gold["lon"])
    return bool(apart <= gold["radius_km"] + point["radius_km"])


def curve(items: Sequence[Item], mean: float) -> tuple[tuple[float, float], ...]:
    """Points of a rising curve: neighbouring items together, drawn to the mean, pooled until they rise.

    Places begin at nothing, so that readings that share it with namesakes stay unsure; times at half.
    """
    order = sorted(items, key=lambda i: i.score)
    count = max(1, min(5, len(order) // _POINT))
    bins = [order[len(order) * at // count : len(order) * (at + 1) // count] for at in range(count)]
    points = [
        [
            sum(i.score for i in b) / len(b),
            (sum(i.right for i in b) + _PRIOR * mean) / (len(b) + _PRIOR),
            len(b),
        ]
        for b in bins
    ]
    pooled: list[list[float]] = []
    for point in points:
        pooled.append(point)
        while len(pooled) > 1 and pooled[-2][1] > pooled[-1][1]:
            (x, a, n), (y, b, m) = pooled[-2:]
            pooled[-2:] = [[(x * n + y * m) / (n + m), (a * n + b * m) / (n + m), n + m]]
    least = 0.0 if items and items[0].what == "where" else round(pooled[0][1] / 2, 3)
    merged: dict[float, float] = {0.0: least} | {round(x, 3): round(y, 3) for x, y, _ in pooled}
    return tuple(sorted(merged.items()))


def fitted(items: Sequence[Item], what: str) -> Table:
    """The curves of each language: one of all kinds, and one for each kind with enough items."""
    table: Table = {}
    for language in ("en", "zh"):
        mine = [i for i in items if i.what == what and i.language == language]
        mean = sum(i.right for i in mine) / max(len(mine), 1)
        kinds = defaultdict(list)
        for item in mine:
            kinds[item.kind].append(item)
        curves = {"any": curve(mine, mean)} if mine else {"any": ((0.0, 0.5),)}
        curves |= {kind: curve(some, mean) for kind, some in sorted(kinds.items()) if len(some) >= 8}
        table[language] = curves
    return table


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson)."""
    if not n:
        return 0.0, 1.0
    z, p = 1.96, right / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


def report(stated: Sequence[tuple[Item, float]], title: str) -> None:
    """Stated against right in bands, for each kind of value and language, and all together."""
    print(f"\n{title}: {len(stated)} items")
    for what in ("when", "where"):
        for language in ("en", "zh", ""):
            mine = [(i, p) for i, p in stated if i.what == what and language in ("", i.language)]
            shown = []
            for low, high in pairwise(BANDS):
                band = [(i, p) for i, p in mine if low <= p < high]
                if band:
                    right = sum(i.right for i, _ in band)
                    a, b = wilson(right, len(band))
                    mean = sum(p for _, p in band) / len(band)
                    shown.append(f"{mean:.2f} -> {right / len(band):.2f} [{a:.2f}, {b:.2f}] ({len(band)})")
            error = sum(p - i.right for i, p in mine) / max(len(mine), 1)
            print(
                f"  {what:5} {language or 'both':4} n {len(mine):4}, stated - right {error:+.3f}; "
                + "; ".join(shown)
            )


def by_table(items: Sequence[Item], times: Table, places: Table) -> list[tuple[Item, float]]:
    """What the curves state for each item."""
    return [
        (i, calibration.rate(times if i.what == "when" else places, i.language, i.kind, i.score))
        for i in items
    ]


def _literal(name: str, table: Table) -> str:
    lines = [f"{name}: dict[str, dict[str, tuple[tuple[float, float], ...]]] = {{"]
    for language, curves in table.items():
        lines.append(f'    "{language}": {{')
        for kind, points in curves.items():
            inner = ", ".join(f"({x}, {y})" for x, y in points)
            lines.append(f'        "{kind}": ({inner},),')
        lines.append("    },")
    return "\n".join([*lines, "}  # fmt: skip"])


def write(times: Table, places: Table) -> None:
    """Put the curves into the module that ships them."""
    head = TABLES.read_text(encoding="utf-8").split("TIMES:")[0]
    TABLES.write_text(f"{head}{_literal('TIMES', times)}\n{_literal('PLACES', places)}\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    mode = given.pop(0) if given and given[0] in ("fit", "cross") else "report"
    others = given[given.index("--") + 1 :] if "--" in given else []
    given = given[: given.index("--")] if "--" in given else given
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", help="FILE.jsonl:dev|held|all")
    parser.add_argument("--places", type=Path)
    parser.add_argument("--write", action="store_true", help="fit: write bot/extract/calibration_tables.py")
    known = parser.parse_args(given)
    if mode == "cross" and not others:
        parser.error("name the second list of files after --")
    with tempfile.TemporaryDirectory() as folder:
        gazetteer = SqlGazetteer(known.places or Path(folder) / "places.sqlite")
        gazetteer.find("")
        items = items_of(known.files, gazetteer)
        if mode == "report":
            report(by_table(items, calibration.TIMES, calibration.PLACES), "as shipped")
            return 0
        times, places = fitted(items, "when"), fitted(items, "where")
        if mode == "fit":
            print(_literal("TIMES", times), _literal("PLACES", places), sep="\n")
            if known.write:
                write(times, places)
            return 0
        second = items_of(others, gazetteer)
        crossed = [
            *by_table(second, times, places),
            *by_table(items, fitted(second, "when"), fitted(second, "where")),
        ]
        report(crossed, "each list by the curves of the other")
    return 0


if __name__ == "__main__":
    sys.exit(main())
