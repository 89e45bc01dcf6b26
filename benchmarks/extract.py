"""Score where, when, who and first-hand on sighting posts with gold, and print a table.

Usage: HOMEWARD_DATA=FOLDER python benchmarks/extract.py [--places FILE] [--show] [FILE.jsonl ...]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.extract.placewords import distance_km
from bot.extract.sighting import as_json, read
from store.gazetteer import SqlGazetteer
from store.records.post import Author, GeoTag, Platform, Post


def post_of(line: dict[str, Any]) -> Post:
    """The post of one corpus line."""
    created = datetime.fromisoformat(line["created_at"])
    shift = created.utcoffset() or timedelta()
    geo = line.get("geo")
    return Post(
        key=line["id"],
        platform=Platform(line["platform"]),
        author=Author("", location=line.get("author_location") or ""),
        text=line["text"],
        received_at=created.astimezone(UTC),
        created_at=created.astimezone(UTC),
        language=line["lang"],
        zone_offset_min=int(shift.total_seconds() // 60) or None,
        geotag=GeoTag(geo[0], geo[1]) if geo else None,
    )


def is_time_right(got: dict[str, Any], gold: dict[str, Any]) -> bool:
    """Overlap at least half of the union, or both together at most an hour."""
    a, b = (datetime.fromisoformat(gold[k]) for k in ("start", "end"))
    c, d = (datetime.fromisoformat(got[k]) for k in ("start", "end"))
    union = (max(b, d) - min(a, c)).total_seconds()
    shared = (min(b, d) - max(a, c)).total_seconds()
    return union <= 3600 or (shared > 0 and shared >= union / 2)


def f1(right: int, got: int, gold: int) -> float:
    """Harmonic mean of precision and recall."""
    return 2 * right / (got + gold) if got + gold else 1.0


class Score:
    """Counts of one corpus."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.hands: Counter[tuple[str, str]] = Counter()
        self.sexes: Counter[tuple[str, str]] = Counter()
        self.ms: list[float] = []
        self.radii: list[float] = []
        self.widths: list[float] = []

    def add(self, line: dict[str, Any], got: dict[str, Any]) -> list[str]:
        """Count one line; return what was wrong, in words."""
        wrong = [*self._when(line, got), *self._where(line, got)]
        self.hands[line["firsthand"], got["firsthand"]] += 1
        if line["firsthand"] != got["firsthand"] or line["sighting"] != got["sighting"]:
            wrong.append(
                f"hand {line['firsthand']}/{line['sighting']} got {got['firsthand']}/"
                f"{got['sighting']} ({got['firsthand_why']})"
            )
        self.count["sighting right"] += line["sighting"] == got["sighting"]
        self.count["lines"] += 1
        if line["sighting"]:
            wrong += self._who(line["who"], got["who"])
        return wrong

    def _when(self, line: dict[str, Any], got: dict[str, Any]) -> list[str]:
        gold, mine = line["when"], got["when"]
        self.count["when gold"] += gold is not None
        self.count["when got"] += mine is not None
        if gold is None or mine is None:
            return (
                [f"when gold {gold and gold['text']} got {mine and mine['text']}"] if gold is not mine else []
            )
        right = is_time_right(mine, gold)
        self.count["when right"] += right
        self.count["when top3"] += any(is_time_right(m, gold) for m in [mine, *mine["alternatives"][:2]])
        exact = mine["span"] == gold["span"]
        self.count["when exact"] += exact
        width = datetime.fromisoformat(mine["end"]) - datetime.fromisoformat(mine["start"])
        self.widths.append(width.total_seconds() / 3600)
        if right and exact:
            return []
        return [
            f"when{'' if right else ' VALUE'} gold {gold['text']} {gold['start']} got "
            f"{mine['text']} {mine['start']} {mine['end']}"
        ]

    def _where(self, line: dict[str, Any], got: dict[str, Any]) -> list[str]:
        gold = {tuple(m["span"]) for m in line["where"]}
        mine = {tuple(m["span"]) for m in got["where"]["mentions"]}
        self.count["where gold"] += len(gold)
        self.count["where got"] += len(mine)
        self.count["where right"] += len(gold & mine)
        text, wrong = line["text"], []
        if gold != mine:
            missed = [text[a:b] for a, b in sorted(gold - mine)]
            extra = [text[a:b] for a, b in sorted(mine - gold)]
            wrong.append(f"where missed {missed} extra {extra}")
        point, mark = line["place_point"], got["where"]["point"]
        if point is not None:
            self.count["point gold"] += 1
            options = [p for p in [mark, *got["where"]["alternatives"]] if p and p["lat"] is not None]
            inside = [
                distance_km(p["lat"], p["lon"], point["lat"], point["lon"]) <= point["radius_km"]
                for p in options[:3]
            ]
            self.count["point right"] += bool(inside and inside[0] and mark)
            self.count["point top3"] += any(inside)
            if mark:
                self.radii.append(mark["radius_km"])
            if not (inside and inside[0]):
                wrong.append(f"point gold {point['name']} got {mark and mark['name']}")
        return wrong

    def _who(self, gold: dict[str, Any], got: dict[str, Any]) -> list[str]:
        wrong = []
        self.sexes[gold["sex"] or "", got["sex"] or ""] += 1
        if gold["sex"] != got["sex"]:
            wrong.append(f"sex {gold['sex']} got {got['sex']}")
        if gold["age"]:
            self.count["age gold"] += 1
            near = got["age"] and all(abs(a - b) <= 2 for a, b in zip(gold["age"], got["age"], strict=True))
            self.count["age right"] += bool(near)
            if not near:
                wrong.append(f"age {gold['age']} got {got['age']}")
        for key in ("children", "adult"):
            self.count[f"{key} right"] += gold[key] == got[key]
            if gold[key] != got[key]:
                wrong.append(f"{key} {gold[key]} got {got[key]}")
        self.count["sightings"] += 1
        return wrong

    def macro(self, table: Counter[tuple[str, str]], skip: str = "-") -> float:
        """Macro F1 over the gold's labels."""
        labels = {gold for gold, _ in table if gold != skip}
        values = []
        for label in labels:
            right = table[label, label]
            got = sum(n for (_, g), n in table.items() if g == label)
            gold = sum(n for (g, _), n in table.items() if g == label)
            values.append(f1(right, got, gold))
        return statistics.mean(values) if values else 0.0

    def rows(self) -> list[tuple[str, str]]:
        """The table."""
        c = self.count
        sexes = Counter({k: n for k, n in self.sexes.items() if k != ("", "")})

        def share(a: str, b: str) -> str:
            return f"{c[a] / max(c[b], 1):.3f} ({c[a]}/{c[b]})"

        return [
            ("time: value right", share("when right", "when gold")),
            ("time: right among first three", share("when top3", "when gold")),
            ("time: exact span F1", f"{f1(c['when exact'], c['when got'], c['when gold']):.3f}"),
            ("time: median width, h", f"{statistics.median(self.widths or [0]):.2f}"),
            ("place: exact span F1", f"{f1(c['where right'], c['where got'], c['where gold']):.3f}"),
            ("place: point inside gold's circle", share("point right", "point gold")),
            ("place: inside among first three", share("point top3", "point gold")),
            ("place: median radius, km", f"{statistics.median(self.radii or [0]):.1f}"),
            ("first-hand: macro F1", f"{self.macro(self.hands):.3f}"),
            ("sighting or not: right", share("sighting right", "lines")),
            ("sex: macro F1", f"{self.macro(sexes, skip=''):.3f}"),
            ("age within 2 years", share("age right", "age gold")),
            ("number of children right", share("children right", "sightings")),
            ("adult right", share("adult right", "sightings")),
            ("ms per post: median; max", f"{statistics.median(self.ms):.2f}; {max(self.ms):.1f}"),
        ]


def score(path: Path, gazetteer: SqlGazetteer, *, show: bool) -> Score:
    """Score one corpus file."""
    total = Score()
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(raw)
        started = time.perf_counter()
        sighting = read(post_of(line), (), gazetteer)
        total.ms.append((time.perf_counter() - started) * 1000)
        wrong = total.add(line, as_json(sighting))
        if show and wrong:
            print(line["id"], line["text"], *wrong, sep="\n    ")
    return total


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--places", type=Path, help="gazetteer file; built in a temporary folder when absent")
    parser.add_argument("--show", action="store_true", help="print every difference from the gold")
    given = parser.parse_args(arguments)
    files = given.files
    if not files:
        base = os.environ.get("HOMEWARD_DATA")
        if not base:
            parser.error(
                "name corpus files, or set HOMEWARD_DATA to the folder that holds text/sightings_*.jsonl"
            )
        files = sorted(Path(base).glob("text/sightings_*.jsonl"))
    with tempfile.TemporaryDirectory() as folder:
        gazetteer = SqlGazetteer(given.places or Path(folder) / "places.sqlite")
        gazetteer.find("")
        for path in files:
            print(f"\n{path.name}")
            for name, value in score(path, gazetteer, show=given.show).rows():
                print(f"  {name:36} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
