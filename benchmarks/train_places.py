"""Train the tagger for English names of places on IDRISI-R (CC BY 4.0), whole or without some events.

Usage: HOMEWARD_DATA=FOLDER python benchmarks/train_places.py --places FILE [--out FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pycrfsuite

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.extract.gazetteer import Gazetteer
from bot.extract.normal import normalise
from bot.extract.place_tagger import BEGIN, INSIDE, OUTSIDE, features, glued, tokens
from store.gazetteer import SqlGazetteer

EVENTS = (
    ("California fires", 2018, (11, 1), (12, 31)), ("Canada fires", 2016, (5, 1), (5, 31)),
    ("Cyclone Idai", 2019, (3, 1), (4, 30)), ("Ecuador earthquake", 2016, (4, 1), (4, 30)),
    ("Greece fires", 2018, (7, 1), (9, 30)), ("Hurricane Dorian", 2019, (8, 28), (9, 10)),
    ("Hurricane Florence", 2018, (9, 1), (9, 30)), ("Hurricane Harvey", 2017, (8, 20), (9, 3)),
    ("Hurricane Irma", 2017, (9, 4), (9, 19)), ("Hurricane Maria", 2017, (9, 15), (10, 10)),
    ("Hurricane Matthew", 2016, (10, 1), (10, 20)), ("Italy earthquake", 2016, (8, 20), (8, 31)),
    ("Kaikoura earthquake", 2016, (9, 1), (11, 30)), ("Kerala floods", 2018, (8, 15), (9, 30)),
    ("Maryland floods", 2018, (5, 20), (6, 30)), ("Midwest floods", 2019, (3, 1), (4, 30)),
    ("Pakistan earthquake", 2019, (9, 20), (9, 30)), ("Puebla earthquake", 2017, (9, 15), (10, 10)),
    ("Sri Lanka floods", 2017, (5, 20), (7, 31)),
)  # fmt: skip
"""The corpus's nineteen events in the order of its files, with the span of days of each."""

MIN_EVENTS = 4
"""A feature counts only when it was seen in so many events: names of one disaster teach nothing."""
SETTINGS = {"c1": 1.0, "c2": 0.02, "max_iterations": 60, "feature.possible_transitions": True}


@dataclass(slots=True)
class Item:
    """One post: its event, spans of gold (characters of the text as written), rows of features, labels."""

    event: str
    line: dict[str, Any]
    gold: set[tuple[int, int]]
    rows: list[list[str]]
    labels: list[str]


def events_of(lines: Sequence[dict[str, Any]]) -> list[str]:
    """The event of each line. The files keep the order of events but do not name them; the days tell
    neighbours apart. Raises ValueError when a line fits no event at its place."""
    found, number = [], 0
    for at, line in enumerate(lines):
        day = datetime.strptime(line["ref"], "%a %b %d %H:%M:%S %z %Y")
        while not _fits(EVENTS[number], day):
            number += 1
            if number == len(EVENTS):
                raise ValueError(f"line {at + 1} of {day:%Y-%m-%d} fits no event in order")
        found.append(EVENTS[number][0])
    return found


def _fits(event: tuple[str, int, tuple[int, int], tuple[int, int]], day: datetime) -> bool:
    _, year, first, last = event
    return day.year == year and first <= (day.month, day.day) <= last


def load(path: Path) -> list[dict[str, Any]]:
    """The lines of a corpus file, each with its event."""
    lines = [json.loads(raw) for raw in path.read_text(encoding="utf-8").splitlines()]
    for line, event in zip(lines, events_of(lines), strict=True):
        line["event"] = event
    return lines


def item_of(line: dict[str, Any], gazetteer: Gazetteer) -> Item:
    """Features and labels of one post."""
    normal = normalise(line["text"])
    spans = tokens(normal.text)
    hits = gazetteer.find(normal.text)
    rows = features(normal.text, spans, hits, gazetteer, glued(normal.text, spans, gazetteer))
    written = [normal.span(*span) for span in spans]
    gold = {(s["s"], s["e"]) for s in line["spans"]}
    labels = [OUTSIDE] * len(spans)
    for start, end in gold:
        covered = [i for i, (a, b) in enumerate(written) if a < end and b > start]
        if len(covered) == 1 and written[covered[0]][0] < start:
            continue  # a part of one word
        for number, i in enumerate(covered):
            labels[i] = INSIDE if number else BEGIN
    return Item(line["event"], line, gold, rows, labels)


def train(items: Sequence[Item], without: Collection[str] = ()) -> bytes:
    """A model of all items but those of the events in `without`."""
    used = [item for item in items if item.event not in without]
    seen: dict[str, set[str]] = defaultdict(set)
    for item in used:
        for row in item.rows:
            for feature in row:
                seen[feature].add(item.event)
    general = {feature for feature, events in seen.items() if len(events) >= MIN_EVENTS}
    trainer = pycrfsuite.Trainer(verbose=False)
    for item in used:
        trainer.append([[f for f in row if f in general] for row in item.rows], item.labels)
    trainer.set_params(SETTINGS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.crf"
        trainer.train(str(path))
        return path.read_bytes()


def main(arguments: Sequence[str] | None = None) -> int:
    """Train on everything and write the model."""
    base = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=Path, required=True, help="gazetteer file, built when absent")
    parser.add_argument("--out", type=Path, default=base / "store" / "data" / "place_en.crf")
    given = parser.parse_args(arguments)
    data = os.environ.get("HOMEWARD_DATA")
    if not data:
        parser.error("set HOMEWARD_DATA to the folder that holds text/idrisi_r.jsonl")
    gazetteer = SqlGazetteer(given.places)
    items = [item_of(line, gazetteer) for line in load(Path(data) / "text" / "idrisi_r.jsonl")]
    model = train(items)
    given.out.write_bytes(model)
    print(f"{given.out}: {len(model)} bytes; put this into store/place_model.py:")
    print(hashlib.sha256(model).hexdigest())
    return 0


if __name__ == "__main__":
    sys.exit(main())
