"""Score the reading of English places: names (IDRISI-R, whole events kept out), towns (IDRISI-D), speed.

Usage: HOMEWARD_DATA=FOLDER python benchmarks/places.py [--places FILE] [--folds N] [--show]
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from train_places import Item, item_of, load, train

from bot.extract import place_en, toponyms
from bot.extract.gazetteer import Gazetteer
from bot.extract.namesakes import Hints, choose, known_places
from bot.extract.normal import normalise
from bot.extract.place_tagger import CrfTagger, Tagger
from bot.extract.placewords import Named, distance_km, settle
from store import place_model
from store.gazetteer import SqlGazetteer
from store.records.sighting import PlaceKind

NEAR_KM = 161.0
Counts = tuple[int, int, int]


def f1(counts: Sequence[Counts]) -> float:
    """Micro F1 over (right, found, gold) of posts."""
    right, found, gold = (sum(c[i] for c in counts) for i in range(3))
    return 2 * right / max(found + gold, 1)


def share(counts: Sequence[Counts]) -> float:
    """Right of gold."""
    return sum(c[0] for c in counts) / max(sum(c[2] for c in counts), 1)


def interval(counts: Sequence[Counts], measure: Callable[[Sequence[Counts]], float]) -> str:
    """The measure with the 95 % interval of 1,000 bootstrap samples of posts."""
    chance = random.Random(5)
    values = sorted(measure(chance.choices(counts, k=len(counts))) for _ in range(1000))
    return f"{measure(counts):.3f} [{values[25]:.3f}, {values[974]:.3f}]"


def names_table(
    items: Sequence[Item], taggers: dict[str, Tagger], gazetteer: Gazetteer, *, show: bool
) -> None:
    """Exact spans: dictionary alone, tagger alone, both. `taggers` maps events to models without them."""
    counts: dict[str, list[Counts]] = defaultdict(list)
    by_event: dict[str, list[Counts]] = defaultdict(list)
    missed, extra = Counter[str](), Counter[str]()
    for item in items:
        text, tagger = item.line["text"], taggers[item.event]
        normal = normalise(text)
        tagged = tagger.tag(normal.text, gazetteer.find(normal.text), gazetteer)
        found = {
            "dictionary alone": {(t.start, t.end) for t in toponyms.read(text, gazetteer)},
            "tagger alone": {normal.span(t.start, t.end) for t in tagged},
            "both": {(t.start, t.end) for t in toponyms.read(text, gazetteer, tagger)},
        }
        for way, spans in found.items():
            counts[way].append((len(spans & item.gold), len(spans), len(item.gold)))
        by_event[item.event].append(counts["both"][-1])
        missed.update(text[a:b] for a, b in item.gold - found["both"])
        extra.update(text[a:b] for a, b in found["both"] - item.gold)
    for way, values in counts.items():
        right, got, gold = (sum(c[i] for c in values) for i in range(3))
        print(f"  {way:18} F {interval(values, f1)}  P {right / got:.3f}  R {right / gold:.3f}")
    scores = sorted((round(f1(values), 3), event) for event, values in by_event.items())
    print(
        f"  worst and best event: {scores[0]}, {scores[-1]}; median {statistics.median(s for s, _ in scores)}"
    )
    if show:
        print("  missed:", missed.most_common(60), "\n  extra:", extra.most_common(60))


def towns_table(lines: Sequence[dict[str, Any]], taggers: dict[str, Tagger], gazetteer: Gazetteer) -> None:
    """Towns within 161 km: of the gold's names as given, and of the names that were found."""
    given: dict[str, list[Counts]] = defaultdict(list)
    for line in lines:
        towns = [s for s in line["spans"] if s["type"] == "City/town"]
        if not towns:
            continue
        options = _given(line, gazetteer)
        own = {(t.start, t.end): t for t in toponyms.read(line["text"], gazetteer, taggers[line["event"]])}
        hits = Counter[str]()
        for gold in towns:
            ranked = options[gold["s"], gold["e"]]
            near = [distance_km(gold["lat"], gold["lon"], e.lat, e.lon) <= NEAR_KM for e in ranked]
            by_people = [
                distance_km(gold["lat"], gold["lon"], e.lat, e.lon) <= NEAR_KM
                for e in known_places(gold["text"], gazetteer)[:1]
            ]
            hits["names given, most people"] += any(by_people)
            hits["names given, with context"] += any(near[:1])
            hits["among first three"] += any(near[:3])
            hits["best possible"] += any(near)
            name = own.get((gold["s"], gold["e"]))
            entry = name.entry if name else None
            hits["names found too"] += bool(
                entry and distance_km(gold["lat"], gold["lon"], entry.lat, entry.lon) <= NEAR_KM
            )
        for way in (*_WAYS,):
            given[way].append((hits[way], len(towns), len(towns)))
    for way, values in given.items():
        print(f"  {way:28} {interval(values, share)}  of {sum(c[2] for c in values)}")


_WAYS = (
    "names given, most people", "names given, with context", "among first three", "best possible",
    "names found too",
)  # fmt: skip


def _given(line: dict[str, Any], gazetteer: Gazetteer) -> dict[tuple[int, int], list[Any]]:
    """Ranked places of each gold name, with the other names of the text as context."""
    text = line["text"]
    golds = [
        Named(
            s["s"],
            s["e"],
            PlaceKind.OTHER,
            "given",
            1.0,
            tuple(e.id for e in known_places(s["text"], gazetteer)),
        )
        for s in line["spans"]
    ]
    names = settle([*golds, *place_en.toponyms(text, gazetteer.find(text), gazetteer, None)])
    codes = (text[n.start : n.end] for n in names)
    regions = {place_en.US_STATES[code] for code in codes if code in place_en.US_STATES}
    chosen = choose([n for n in names if n.ids], gazetteer, Hints(), regions)
    return {(g.start, g.end): [e for e, _ in chosen.get(g, [])] for g in golds}


def speed_table(lines: Sequence[dict[str, Any]], tagger: Tagger, gazetteer: Gazetteer) -> None:
    """Processor time of all that is done for names, on real posts and on hostile ones."""
    chance = random.Random(11)
    pieces = [
        "#",
        "Saint",
        "New",
        "York",
        "in",
        ",",
        "CA",
        "Mexico",
        "s",
        " ",
        "  ",
        "#newyork",
        "ÀÉ",
        "路",
        "\n",
        ".",
    ]
    hostile = ["".join(chance.choices(pieces, k=chance.randint(50, 3000))) for _ in range(300)]
    hostile += [piece * 5000 for piece in pieces] + ["#abcdefghij " * 400, "A" * 9000, "Aa " * 3000]
    for name, texts in (("posts", [line["text"] for line in lines[:1500]]), ("hostile", hostile)):
        took = []
        for text in texts:
            started = time.process_time()
            toponyms.read(text, gazetteer, tagger)
            took.append((time.process_time() - started) * 1000)
        took.sort()
        p99 = took[int(len(took) * 0.99)]
        print(f"  {name:8} median {statistics.median(took):.2f} ms, p99 {p99:.1f}, longest {took[-1]:.1f}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train without the events of each fold, score on them, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=Path, help="gazetteer file; built in a temporary folder when absent")
    parser.add_argument("--folds", type=int, default=5, help="groups of whole events (19: one event each)")
    parser.add_argument("--show", action="store_true", help="print the commonest differences from the gold")
    given = parser.parse_args(arguments)
    data = os.environ.get("HOMEWARD_DATA")
    if not data:
        parser.error("set HOMEWARD_DATA to the folder that holds text/idrisi_r.jsonl and idrisi_d.jsonl")
    with tempfile.TemporaryDirectory() as folder:
        gazetteer = SqlGazetteer(given.places or Path(folder) / "places.sqlite")
        items = [item_of(line, gazetteer) for line in load(Path(data) / "text" / "idrisi_r.jsonl")]
        events = sorted({item.event for item in items})
        taggers: dict[str, Tagger] = {}
        for number in range(given.folds):
            held = events[number :: given.folds]
            taggers.update(dict.fromkeys(held, CrfTagger(train(items, held))))
        print(
            f"names, IDRISI-R, {len(events)} events in {given.folds} folds, never trained on the scored ones"
        )
        names_table(items, taggers, gazetteer, show=given.show)
        print("towns, IDRISI-D, within 161 km")
        towns_table(load(Path(data) / "text" / "idrisi_d.jsonl"), taggers, gazetteer)
        model = place_model.load()
        print(f"speed, {'shipped model' if model else 'model of the first fold'}")
        speed_table([i.line for i in items], CrfTagger(model) if model else taggers[events[0]], gazetteer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
