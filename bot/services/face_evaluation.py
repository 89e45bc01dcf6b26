"""Measuring a face model on two lists of photos: read, gated, embedded, measured.

It sees the photos of the two lists and nothing else: no registry, no stored sighting, no database. What
it gives are shares over all of them; which face resembles which is never told.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.faces.analyse import analyse
from bot.faces.evaluation import Evaluation, Shot, evaluate
from bot.faces.models import FaceModel
from bot.match.inputs import Thresholds
from bot.photos.gate import Examined
from store.errors import PhotoError, UsageError

COLUMNS = ("file", "identity", "age")
OLDEST_YEARS = 120
MOST_ROWS = 200_000
_SHOWN_EVERY = 100


@dataclass(frozen=True, slots=True)
class Looker:
    """What is needed to look at photos: the gate's `examine`, and the model."""

    examine: Callable[[bytes], Examined]
    model: FaceModel


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: its number in the file (the header is 1), the photo, whose it is, the age in it."""

    number: int
    file: Path
    identity: str
    age: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, and the rows that could not take part, each with its reason."""

    evaluation: Evaluation
    problems: tuple[str, ...]


def measure(
    looker: Looker,
    gallery: Path,
    probes: Path,
    *,
    repeats: int = 10,
    seed: int = 1,
    say: Callable[[str], None] = lambda words: None,
) -> Measured:
    """Evaluate the model on a gallery and probes, two CSV files with the columns file, identity, age.

    Paths are relative to the CSV file. Bad rows are left out and named. Raises UsageError for a list
    that cannot be read or gives nothing to measure.
    """
    problems: list[str] = []
    known: dict[Path, Shot | str] = {}
    sides = []
    for name, file in (("gallery", gallery), ("probes", probes)):
        rows = list(read(file, problems))
        shots = []
        for at, row in enumerate(rows, start=1):
            found = _shot(looker, row, known)
            if isinstance(found, str):
                problems.append(f"{file.name} row {row.number} ({row.file.name}): {found}")
            else:
                shots.append(Shot(row.identity, row.age, found.vector))
            if at % _SHOWN_EVERY == 0:
                say(f"{name}: {at} of {len(rows)} photos")
        sides.append(shots)
    limits = limits_of(looker.model)
    measured = evaluate(
        sides[0],
        sides[1],
        repeats=repeats,
        seed=seed,
        cohort=limits.cohort_size,
        takes_age=limits.takes_age,
    )
    return Measured(measured, tuple(problems))


def limits_of(model: FaceModel) -> Thresholds:
    """The thresholds that a model brings, and how its scores are made."""
    own, usual = getattr(model, "thresholds", None), Thresholds()
    limits: Thresholds = own(usual) if callable(own) else usual
    return limits


def read(file: Path, problems: list[str]) -> Iterator[Row]:
    """The good rows of a list; the others go to `problems`. Raises UsageError."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(str(file), "cannot be read as UTF-8 text") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise UsageError(
            str(file), f"lacks the column {missing[0]}; its first line must be file,identity,age"
        )
    try:
        for count, row in enumerate(reader):
            if count >= MOST_ROWS:
                raise UsageError(str(file), f"has more than {MOST_ROWS:,} rows; measure a sample of them")
            found = _row(file, reader.line_num, row)
            if isinstance(found, Row):
                yield found
            else:
                problems.append(f"{file.name} row {reader.line_num}: {found}")
    except csv.Error as error:
        raise UsageError(str(file), f"is no CSV from row {reader.line_num} on: {error}") from error


def _row(file: Path, number: int, row: dict[str, str | None]) -> Row | str:
    """A row, or what is wrong with it."""
    name, identity, written = ((row.get(column) or "").strip() for column in COLUMNS)
    if not name or not identity:
        return f"has no {'file' if not name else 'identity'}"
    if "\0" in name:
        return "has a file name that no file can have"
    age: float | None = None
    if written:
        try:
            age = float(written)
        except ValueError:
            return f"has the age {written[:20]!r}, which is no number of years"
        if not 0 <= age <= OLDEST_YEARS:
            return f"has the age {written[:20]}; 0 to {OLDEST_YEARS} years are known"
    return Row(number, file.parent / name, identity, age)


def _shot(looker: Looker, row: Row, known: dict[Path, Shot | str]) -> Shot | str:
    """The embedding of a photo's largest face, or why there is none. Each file is looked at once."""
    if row.file not in known:
        known[row.file] = _looked(looker, row)
    return known[row.file]


def _looked(looker: Looker, row: Row) -> Shot | str:
    try:
        examined = looker.examine(row.file.read_bytes())
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except PhotoError as error:
        return error.detail
    found = analyse(looker.model, examined.served_jpeg, examined.photo.digest)
    if not found:
        return "no face was found"
    best = max(found, key=lambda item: item.face.box.width * item.face.box.height)
    if best.embedding is None:
        return best.face.quality_why
    return Shot(row.identity, row.age, best.embedding)
