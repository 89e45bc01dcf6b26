"""Fit the weights of bot/extract/firsthand_weights.py on the halves that may be looked at.

Usage: HOMEWARD_DATA=FOLDER python benchmarks/fit_firsthand.py [--places FILE] [--penalty 4] [--write]
A multinomial logistic regression with an L2 penalty over the named signs and hashed pieces of words; prints
its hit rates on the posts of each author left out; writes both modules of weights only with --write. Learns
from the learning halves of tests/fixtures/text, voices.tsv there, and the data folder's own files; voices.tsv
is never scored.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.extract import half_of, post_of
from bot.extract import firsthand, firsthand_grams, sighting
from bot.extract.firsthand_signs import NAMES, signs_of
from bot.extract.normal import normalise
from store.gazetteer import SqlGazetteer

LABELS = ("own", "passed_on", "chain", "news", "notice", "other")
_PIECES_PENALTY = 1.0
_MERGE = np.array([0, 1, 1, 2, 3, 4])
"""Chains count as passed on."""
Table = np.ndarray[Any, np.dtype[np.floating[Any]]]


def label_of(line: dict[str, Any]) -> str:
    """The class of a line; what is passed on without a sighting in it is a class of its own."""
    hand = str(line["firsthand"])
    return "chain" if hand == "passed_on" and not line["sighting"] else hand


def rows(path: Path, half: str, gazetteer: SqlGazetteer) -> tuple[list[list[float]], list[int]]:
    """Signs and labels of one corpus."""
    seen: list[dict[str, str]] = []

    def record(*given: Any, **named: Any) -> dict[str, str]:
        seen.append(signs_of(*given, **named))
        return seen[-1]

    xs, ys = [], []
    with mock.patch.object(firsthand, "signs_of", record):
        if path.suffix == ".tsv":
            lines = voices(path)
        else:
            lines = [json.loads(raw) for raw in path.read_text(encoding="utf-8").splitlines()]
        for line in lines:
            if half in ("all", half_of(line["text"], path.stem)):
                sighting.read(post_of(line), (), gazetteer)
                xs.append(_row(seen[-1], line["text"]))
                ys.append(LABELS.index(label_of(line)))
    return xs, ys


def _row(signs: dict[str, str], text: str) -> list[float]:
    pieces = firsthand_grams.buckets(normalise(text).text)
    said = [pieces.get(at, 0.0) for at in range(firsthand_grams.BUCKETS)]
    return [1.0, *(float(name in signs) for name in NAMES), *said]


def voices(path: Path) -> list[dict[str, Any]]:
    """Lines of label and text, made into the shape of corpus lines."""
    found = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines()):
        label, text = raw.split("\t")
        han = any("\u4e00" <= char <= "\u9fff" for char in text)
        found.append(
            {
                "id": f"v{number}", "text": text, "lang": "zh" if han else "en",
                "platform": "weibo" if han else "x",
                "created_at": "2016-05-18T23:30:00+08:00" if han else "2016-05-18T23:30:00+01:00",
                "firsthand": "passed_on" if label == "chain" else label,
                "sighting": label in ("own", "passed_on"),
            }
        )  # fmt: skip
    return found


def fit(x: Table, y: Any, penalty: float, rounds: int = 400) -> Table:
    """Weights by accelerated gradient descent; the bias is penalised a tenth as much.

    Rare labels count more, by the root of how rare they are: the goal is the mean over labels.
    """
    weights = np.zeros((x.shape[1], len(LABELS)), dtype=x.dtype)
    before = weights
    gold = np.eye(len(LABELS), dtype=x.dtype)[y]
    cost = np.full((x.shape[1], 1), penalty, dtype=x.dtype)
    cost[0], cost[1 + len(NAMES) :] = penalty / 10, _PIECES_PENALTY
    rare = rarity(y)[y][:, None].astype(x.dtype)
    step = 1.0 / (0.5 * _stretch(x * np.sqrt(rare)) + penalty)
    for at in range(rounds):
        ahead = weights + (weights - before) * np.float32(at / (at + 3))
        grade = x.T @ (rare * (shares(x, ahead) - gold)) + cost * ahead
        before, weights = weights, ahead - np.float32(step) * grade
    return weights


def _stretch(x: Table) -> float:
    """The largest eigenvalue of x'x, by power iteration."""
    along = np.ones(x.shape[1], dtype=x.dtype)
    length = 1.0
    for _ in range(12):
        along = x.T @ (x @ along)
        length = float(np.linalg.norm(along))
        along = along / np.float32(length)
    return length


def rarity(y: Any) -> Table:
    """How much more each label counts than the commonest."""
    counts = np.maximum(np.bincount(y, minlength=len(LABELS)), 1.0)
    return np.asarray(np.sqrt(counts.max() / counts))


def shares(x: Table, weights: Table) -> Table:
    """Softmax of the sums."""
    return _softmax(x @ weights)


def _softmax(sums: Table) -> Table:
    grown = np.exp(sums - sums.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


def macro(gold: Any, got: Any) -> float:
    """Macro F1 over the five labels of the corpora (chains count as passed on)."""
    a, b = _MERGE[gold], _MERGE[got]
    scores = [2 * np.sum((a == k) & (b == k)) / max(np.sum(a == k) + np.sum(b == k), 1) for k in range(5)]
    return float(np.mean(scores))


def sharpness(y: Any, sums: Table) -> float:
    """The factor on all sums under which the share of the label chosen fits best how often it is right."""
    chosen = favoured(sums)
    right = _MERGE[chosen] == _MERGE[y]

    def loss(factor: float) -> float:
        grown = np.exp((sums - sums.max(axis=1, keepdims=True)) * factor)
        each = grown / grown.sum(axis=1, keepdims=True)
        stated = np.where(_MERGE[chosen] == 1, each[:, 1] + each[:, 2], each[np.arange(len(y)), chosen])
        stated = np.clip(stated, 0.01, 0.99)
        return float(-np.where(right, np.log(stated), np.log(1 - stated)).mean())

    return min((round(0.4 + 0.05 * at, 2) for at in range(31)), key=loss)


def favoured(sums: Table) -> Any:
    """The labels that firsthand.py chooses for such sums."""
    lean = np.array([firsthand.LEAN[name] for name in LABELS])
    found = []
    for each in _softmax(sums + lean):
        label, _ = firsthand.choice(dict(zip(LABELS, map(float, each), strict=True)))
        found.append(LABELS.index(label))
    return np.array(found)


def module(weights: Table, sharp: float) -> str:
    """The text of the module of weights."""
    lines = [
        '"""What the signs weigh for each label: written by benchmarks/fit_firsthand.py, not by hand."""\n',
        "from __future__ import annotations\n",
        f"LABELS = {LABELS!r}".replace("'", '"'),
        f"SHARPNESS = {sharp}",
        f"BIAS = {tuple(round(float(w), 2) for w in weights[0])!r}",
        "WEIGHTS: dict[str, tuple[float, ...]] = {",
        *(
            f'    "{name}": {tuple(round(float(w), 2) for w in row)!r},'
            for name, row in zip(NAMES, weights[1 : 1 + len(NAMES)], strict=True)
        ),
        "}\n",
    ]
    return "\n".join(lines)


def levels(table: Table) -> tuple[float, Any]:
    """Weights in sixteen levels: the step between two, and the whole numbers; the few largest are cut."""
    step = round(float(np.quantile(np.abs(table), 0.998)) / 7, 6)
    return step, np.clip(np.round(table / step), -7, 7).astype(int)


def pieces_module(weights: Table) -> str:
    """The text of the module of the hashed pieces' weights."""
    step, whole = levels(weights[1 + len(NAMES) :])
    text = firsthand_grams.packed([int(level) for level in whole.ravel()])
    lines = [
        '"""Weights of hashed pieces of words: written by benchmarks/fit_firsthand.py, not by hand."""\n',
        "from __future__ import annotations\n",
        f"SCALE = {step}",
        "PACKED = (",
        *(f'    "{text[at : at + 100]}"' for at in range(0, len(text), 100)),
        ")\n",
    ]
    return "\n".join(lines)


def corpora() -> list[tuple[Path, str]]:
    """What is learnt from: files, and which half of each."""
    own = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "text"
    base = os.environ.get("HOMEWARD_DATA")
    return [
        *((own / f"sightings_{lang}.jsonl", "dev") for lang in ("zh", "en")),
        *((path, "dev") for path in sorted(own.glob("sightings[23]_*.jsonl"))),
        *((Path(base) / "text" / f"sightings_{lang}.dev.jsonl", "all") for lang in ("zh", "en") if base),
        (own / "voices.tsv", "all"),
    ]


def main() -> int:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--penalty", type=float, default=4.0)
    given = parser.parse_args()
    xs, ys, authors = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        gazetteer = SqlGazetteer(given.places or Path(folder) / "places.sqlite")
        gazetteer.find("")
        for path, half in corpora():
            more, labels = rows(path, half, gazetteer)
            xs += more
            ys += labels
            author = "" if path.suffix == ".tsv" else path.name.replace("zh", "").replace("en", "")
            authors += [author] * len(labels)
    x, y = np.array(xs, dtype=np.float32), np.array(ys)
    by, sums = np.array(authors), np.zeros((len(ys), len(LABELS)))
    for author in sorted(set(authors) - {""}):
        sums[by == author] = x[by == author] @ fit(x[by != author], y[by != author], given.penalty)
    real = by != ""
    got, sharp = favoured(sums), sharpness(y[real], sums[real])
    print(
        f"{real.sum()} posts of {len(y)} lines, each author left out: right "
        f"{np.mean((_MERGE[got] == _MERGE[y])[real]):.3f}, macro F1 {macro(y[real], got[real]):.3f}, "
        f"sharpness {sharp}"
    )
    if given.write:
        weights = fit(x, y, given.penalty)
        package = Path(firsthand.__file__).parent
        (package / "firsthand_weights.py").write_text(module(weights, sharp), encoding="utf-8")
        (package / "firsthand_gram_weights.py").write_text(pieces_module(weights), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
