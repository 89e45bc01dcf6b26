"""Train, or score by cross-validation, the models that mark the place of a sighting (zh, en).

Usage: [HOMEWARD_DATA=FOLDER] python benchmarks/train_spots.py --places FILE [--score]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pycrfsuite

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.extract import f1, half_of, post_of
from bot.extract import place, time
from bot.extract.normal import Normal, normalise, parts
from bot.extract.place_quarters import Quarters
from bot.extract.place_spots import Reading, rows_of
from bot.extract.place_spots_zh import Span, Words
from bot.extract.place_tagger import runs
from store import place_model
from store.gazetteer import SqlGazetteer

BASE = Path(__file__).resolve().parent.parent
FOLDS = 5
SETTINGS = {"max_iterations": 80, "feature.possible_transitions": True}
WEIGHTS = {"zh": {"c1": 0.1, "c2": 1.0}, "en": {"c1": 0.1, "c2": 0.5}}
"""Penalties of the weights (absolute, squared), the best of four in cross-validation."""


@dataclass(slots=True)
class Item:
    """One post of a learning half: its corpus, gold, what the rules found, and the model's view of it."""

    corpus: str
    line: dict[str, Any]
    normal: Normal
    reading: Reading
    spans: list[Span]
    stretches: list[tuple[int, int]]
    rows: list[list[str]]
    labels: list[str]

    @property
    def gold(self) -> set[Span]:
        """Spans of the original text that name the place of the sighting."""
        return {tuple(mention["span"]) for mention in self.line["where"]}

    @property
    def by_rules(self) -> set[Span]:
        """Spans that the rules alone would give."""
        return {
            self.normal.span(n.start, n.end) for n in self.reading.names if not n.other and n.score >= 0.5
        }

    def sequences(self) -> Iterable[tuple[list[list[str]], list[str]]]:
        """Rows and labels, window by window."""
        at = 0
        for low, high in self.stretches:
            yield self.rows[at : at + high - low], self.labels[low:high]
            at += high - low


def learning(language: str) -> list[tuple[str, dict[str, Any]]]:
    """The sightings that may be learned from: half of each corpus of our own, and the development file."""
    fixtures = BASE / "tests" / "fixtures" / "text"
    files = sorted(fixtures.glob(f"sightings*_{language}.jsonl"))
    if data := os.environ.get("HOMEWARD_DATA"):
        files.append(Path(data) / "text" / f"sightings_{language}.dev.jsonl")
    found = []
    for path in files:
        for raw in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(raw)
            # The first corpus is split in its own way, all later ones by the text's SHA-256.
            corpus = path.name if path.name.startswith("sightings_") else "sightings2_"
            if line["sighting"] and (path.parent != fixtures or half_of(line["text"], corpus) == "dev"):
                found.append((path.stem, line))
    return found


def item_of(
    corpus: str,
    line: dict[str, Any],
    gazetteer: SqlGazetteer,
    words: Words,
    quarters: Quarters,
) -> Item:
    """Features and labels of one post: B and I its place, P and Q other places, O nothing."""
    post = post_of(line)
    normal = normalise(post.text)
    found = time.find(normal, parts(normal))
    taken = [(f.expression.start, f.expression.end) for f in found]
    offset = timedelta(minutes=post.zone_offset_min or 0)
    known = place.hints(
        gazetteer, geotag=post.geotag, photos=(), author_location=post.author.location,
        fits_clock=_fits(post.written_at, offset) if offset else None,
    )  # fmt: skip
    reading = place.by_rules(normal, gazetteer, taken, known, None)
    spans, stretches, rows = rows_of(reading, words, quarters)
    written = [normal.span(*span) for span in spans]
    labels = ["O"] * len(spans)
    others = [o["span"] if isinstance(o, dict) else o for o in line["other_places"]]
    for gold, first, later in ((others, "P", "Q"), ([m["span"] for m in line["where"]], "B", "I")):
        for start, end in gold:
            covered = [i for i, (a, b) in enumerate(written) if a < end and b > start]
            for number, i in enumerate(covered):
                labels[i] = later if number else first
    return Item(corpus, line, normal, reading, spans, stretches, rows, labels)


def _fits(at: Any, offset: timedelta) -> Callable[[str], bool]:
    return lambda zone: at.astimezone(time.zone_of(zone)).utcoffset() == offset


def train(items: Iterable[Item], language: str) -> bytes:
    """A model of these posts."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for item in items:
        for rows, labels in item.sequences():
            trainer.append(rows, labels)
    trainer.set_params({**SETTINGS, **WEIGHTS[language]})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.crf"
        trainer.train(str(path))
        return path.read_bytes()


def marked(item: Item, tagger: pycrfsuite.Tagger) -> set[Span]:
    """Spans of the original text that a model marks."""
    found = set()
    for (low, _), (rows, _labels) in zip(item.stretches, item.sequences(), strict=True):
        labels = [label if label in "BI" else "O" for label in tagger.tag(rows)]
        found |= {item.normal.span(item.spans[low + a][0], item.spans[low + b][1]) for a, b in runs(labels)}
    return found


def fold_of(item: Item) -> int:
    """In which of the folds a text is kept out."""
    return int(hashlib.sha256(item.line["text"].encode("utf-8")).hexdigest()[-6:], 16) % FOLDS


def cross_validate(items: Sequence[Item], bare: Sequence[Item], language: str) -> None:
    """Print exact span F1 of rules and model for each corpus, every post scored by a model without it."""
    got: dict[int, set[Span]] = {}
    for fold in range(FOLDS):
        model = train((i for i in [*items, *bare] if fold_of(i) != fold), language)
        tagger = pycrfsuite.Tagger()
        tagger.open_inmemory(model)
        got |= {id(i): marked(i, tagger) for i in items if fold_of(i) == fold}
    for corpus in [*dict.fromkeys(i.corpus for i in items), ""]:
        some = [i for i in items if corpus in ("", i.corpus)]
        print(
            f"  {corpus or 'all':24} {len(some):4} posts  rules {_f1(some, lambda i: i.by_rules):.3f}"
            f"  marked {_f1(some, lambda i: got[id(i)] or i.by_rules):.3f}"
        )


def _f1(items: Sequence[Item], of: Callable[[Item], set[Span]]) -> float:
    right = sum(len(of(i) & i.gold) for i in items)
    return f1(right, sum(len(of(i)) for i in items), sum(len(i.gold) for i in items))


def main(arguments: Sequence[str] | None = None) -> int:
    """Train on all learning posts and write the models, or only score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=Path, required=True, help="gazetteer file, built when absent")
    parser.add_argument("--score", action="store_true", help="cross-validate and write nothing")
    given = parser.parse_args(arguments)
    gazetteer = SqlGazetteer(given.places)
    words, quarters = place_model.words(), place_model.quarters()
    for language in ("zh", "en"):
        posts = learning(language)
        items = [item_of(corpus, line, gazetteer, words, quarters) for corpus, line in posts]
        # Each post once more without its author's profile: many real ones say nothing of a place.
        bare = [
            item_of(c, {**line, "author_location": None}, gazetteer, words, quarters) for c, line in posts
        ]
        print(f"{language}: {len(items)} sightings")
        if given.score:
            cross_validate(items, bare, language)
            continue
        trained = train([*items, *bare], language)
        name = place_model.SPOTS[language][0]
        (BASE / "store" / "data" / name).write_bytes(trained)
        print(
            f'    "{language}": ("{name}", "{hashlib.sha256(trained).hexdigest()}"),  # {len(trained)} bytes'
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
