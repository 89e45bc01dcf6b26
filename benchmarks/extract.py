"""Score where, when, who and first-hand on sighting posts with gold, and print a table.

Usage: HOMEWARD_DATA=FOLDER [HOMEWARD_PEERS=VENV] python benchmarks/extract.py [--places FILE]
       [--half dev|held|all] [--show] [FILE.jsonl ...]
In brackets stand the middle 95 of 100 of 400 bootstrap samples. With HOMEWARD_PEERS the libraries in that
virtual environment are scored on the same posts (benchmarks/peers.py).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import peers
from bot.extract.place_tagger import Tagger
from bot.extract.placewords import distance_km
from bot.extract.sighting import as_json, read
from bot.wiring import tagger as shipped_tagger
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


def _value_of(whens: Sequence[tuple[int, int, int, int]]) -> float:
    return sum(w[2] for w in whens) / max(sum(w[0] for w in whens), 1)


def _span_of(whens: Sequence[tuple[int, int, int, int]]) -> float:
    return f1(sum(w[3] for w in whens), sum(w[1] for w in whens), sum(w[0] for w in whens))


def _place_of(places: Sequence[tuple[int, int, int]]) -> float:
    return f1(sum(p[2] for p in places), sum(p[1] for p in places), sum(p[0] for p in places))


def _mean(items: Sequence[int]) -> float:
    return sum(items) / max(len(items), 1)


def _medians(mine: Sequence[float], gold: Sequence[float]) -> str:
    return f"{statistics.median(mine or [0]):.2f} ({statistics.median(gold or [0]):.2f})"


def _reliability(stated: Sequence[tuple[float, bool]]) -> str:
    """Mean confidence and share right in four bands."""
    shown = []
    for low, high in ((0.0, 0.75), (0.75, 0.85), (0.85, 0.93), (0.93, 1.01)):
        band = [(w, r) for w, r in stated if low <= w < high]
        if band:
            mean = sum(w for w, _ in band) / len(band)
            shown.append(f"{mean:.2f} -> {sum(r for _, r in band) / len(band):.2f} ({len(band)})")
    return "; ".join(shown)


class Score:
    """Counts of one corpus."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.hands: Counter[tuple[str, str]] = Counter()
        self.sexes: Counter[tuple[str, str]] = Counter()
        self.ms: list[float] = []
        self.radii: list[float] = []
        self.widths: list[float] = []
        self.gold_widths: list[float] = []
        self.gold_radii: list[float] = []
        self.tops: list[int] = []
        self.places: list[tuple[int, int, int]] = []
        self.points: list[tuple[int, int, int, int]] = []
        self.lines: list[dict[str, Any]] = []
        self.whens: list[tuple[int, int, int, int]] = []
        self.stated: list[tuple[float, bool]] = []
        self.trust: list[tuple[float, bool]] = []

    def add(self, line: dict[str, Any], got: dict[str, Any]) -> list[str]:
        """Count one line; return what was wrong, in words."""
        self.lines.append(line)
        wrong = [*self._when(line, got), *self._where(line, got)]
        self.hands[line["firsthand"], got["firsthand"]] += 1
        self.trust.append((got["firsthand_weight"] or 0.0, line["firsthand"] == got["firsthand"]))
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
            self.whens.append((gold is not None, mine is not None, 0, 0))
            self.tops += [0] if gold is not None else []
            return (
                [f"when gold {gold and gold['text']} got {mine and mine['text']}"] if gold is not mine else []
            )
        right = is_time_right(mine, gold)
        self.count["when right"] += right
        top = any(is_time_right(m, gold) for m in [mine, *mine["alternatives"][:2]])
        self.count["when top3"] += top
        self.tops.append(top)
        exact = mine["span"] == gold["span"]
        self.count["when exact"] += exact
        width = datetime.fromisoformat(mine["end"]) - datetime.fromisoformat(mine["start"])
        self.widths.append(width.total_seconds() / 3600)
        width = datetime.fromisoformat(gold["end"]) - datetime.fromisoformat(gold["start"])
        self.gold_widths.append(width.total_seconds() / 3600)
        self.whens.append((1, 1, right, exact))
        self.stated.append((mine["weight"], right))
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
        self.places.append((len(gold), len(mine), len(gold & mine)))
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
            meets = [
                distance_km(p["lat"], p["lon"], point["lat"], point["lon"])
                <= point["radius_km"] + p["radius_km"]
                for p in options[:3]
            ]
            self.count["point meets"] += bool(meets and meets[0] and mark)
            self.count["point meets3"] += any(meets)
            self.count["point top3"] += any(inside)
            first = bool(inside and inside[0] and mark), any(inside)
            self.points.append((*first, bool(meets and meets[0] and mark), any(meets)))
            if mark:
                self.radii.append(mark["radius_km"])
                self.gold_radii.append(point["radius_km"])
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

    def _macro_of(self, pairs: Sequence[tuple[str, str]]) -> float:
        return self.macro(Counter(pairs))

    def _spread(self, measure: Callable[[Sequence[Any]], float], items: Sequence[Any]) -> str:
        """The middle 95 of 100 values of the measure over 400 samples drawn with replacement."""
        chance = random.Random(7)
        if not items:
            return ""
        values = sorted(measure(chance.choices(items, k=len(items))) for _ in range(400))
        return f" [{values[10]:.2f}, {values[389]:.2f}]"

    def _points(self, column: int) -> str:
        return self._spread(_mean, [p[column] for p in self.points])

    def confusions(self) -> str:
        """How often which label was taken for which."""
        wrong = [(n, gold, got) for (gold, got), n in self.hands.items() if gold != got]
        totals = Counter({gold: 0 for gold, _ in self.hands})
        for (gold, _), n in self.hands.items():
            totals[gold] += n
        listed = ", ".join(f"{gold}>{got} {n}" for n, gold, got in sorted(wrong, reverse=True))
        return f"{listed or '-'} of {dict(totals)}"

    def rows(self) -> list[tuple[str, str]]:
        """The table."""
        c = self.count
        sexes = Counter({k: n for k, n in self.sexes.items() if k != ("", "")})
        hands = list(self.hands.elements())

        def share(a: str, b: str) -> str:
            return f"{c[a] / max(c[b], 1):.3f} ({c[a]}/{c[b]})"

        return [
            ("time: value right", share("when right", "when gold") + self._spread(_value_of, self.whens)),
            (
                "time: right among first three",
                share("when top3", "when gold") + self._spread(_mean, self.tops),
            ),
            ("time: exact span F1", f"{_span_of(self.whens):.3f}" + self._spread(_span_of, self.whens)),
            ("time: median width, h (gold's)", _medians(self.widths, self.gold_widths)),
            ("time: stated -> right (n)", _reliability(self.stated)),
            ("place: exact span F1", f"{_place_of(self.places):.3f}" + self._spread(_place_of, self.places)),
            ("place: point inside gold's circle", share("point right", "point gold") + self._points(0)),
            ("place: inside among first three", share("point top3", "point gold") + self._points(1)),
            ("place: circle meets gold's", share("point meets", "point gold") + self._points(2)),
            ("place: meets among first three", share("point meets3", "point gold") + self._points(3)),
            ("place: median radius, km (gold's)", _medians(self.radii, self.gold_radii)),
            ("first-hand: macro F1", f"{self.macro(self.hands):.3f}" + self._spread(self._macro_of, hands)),
            ("first-hand: stated -> right (n)", _reliability(self.trust)),
            ("first-hand: gold > read, wrong", self.confusions()),
            ("sighting or not: right", share("sighting right", "lines")),
            (
                "sex: macro F1",
                f"{self.macro(sexes, skip=''):.3f}"
                + self._spread(lambda some: self.macro(Counter(some), skip=""), list(sexes.elements())),
            ),
            ("age within 2 years", share("age right", "age gold")),
            ("number of children right", share("children right", "sightings")),
            ("adult right", share("adult right", "sightings")),
            ("processor ms per post: median; max", f"{statistics.median(self.ms):.2f}; {max(self.ms):.1f}"),
        ]


def half_of(text: str, corpus: str = "") -> str:
    """The half of a corpus a text falls in: "dev" may be looked at, "held" is only ever scored.

    `corpus` is the file's name: the second and third (sightings2_…, sightings3_…) are split by another hash.
    """
    if corpus.startswith(("sightings2", "sightings3")):
        return "held" if int(hashlib.sha256(text.encode("utf-8")).hexdigest()[0], 16) % 2 else "dev"
    digest = hashlib.sha1(text.encode("utf-8"), usedforsecurity=False).hexdigest()
    return "held" if int(digest, 16) % 2 else "dev"


@cache
def _tagger() -> Tagger | None:
    return shipped_tagger()


def score(path: Path, gazetteer: SqlGazetteer, *, show: bool, half: str = "all") -> Score:
    """Score one corpus file, or the half of it named."""
    total = Score()
    tagger = _tagger()
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(raw)
        if half not in ("all", half_of(line["text"], path.name)):
            continue
        started = time.thread_time()
        sighting = read(post_of(line), (), gazetteer, tagger)
        total.ms.append((time.thread_time() - started) * 1000)
        wrong = total.add(line, as_json(sighting))
        if show and wrong:
            print(line["id"], line["text"], *wrong, sep="\n    ")
    return total


def _peers(total: Score) -> list[tuple[str, str]]:
    """The rows of the libraries in HOMEWARD_PEERS, none where that is not set."""
    folder = os.environ.get("HOMEWARD_PEERS")
    return peers.rows(total.lines, Path(folder) / "bin" / "python", is_time_right) if folder else []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--places", type=Path, help="gazetteer file; built in a temporary folder when absent")
    parser.add_argument("--half", choices=("dev", "held", "all"), default="all", help="by hash of the text")
    parser.add_argument("--show", action="store_true", help="print every difference from the gold")
    given = parser.parse_args(arguments)
    if given.show and given.half == "held":
        parser.error("the held half is scored for totals only: --show would spoil it")
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
            total = score(path, gazetteer, show=given.show, half=given.half)
            for name, value in [*total.rows(), *_peers(total)]:
                print(f"  {name:36} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
