"""Arithmetic of the coverage ledger: stretches of time with a state, never overlapping. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from store.records.coverage import CoverState


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """From `start` (included) to `end` (not), aware UTC."""

    start: datetime
    end: datetime
    state: CoverState
    why: str = ""


def painted(rows: Sequence[Stretch], new: Stretch) -> list[Stretch]:
    """The rows with `new` over whatever was said of its time before."""
    if new.end <= new.start:
        return merged(rows)
    return merged([*(piece for row in rows for piece in _outside(row, new)), new])


def filled(rows: Sequence[Stretch], new: Stretch) -> list[Stretch]:
    """The rows with `new` only where nothing was said before."""
    free = [new] if new.end > new.start else []
    for row in rows:
        free = [piece for each in free for piece in _outside(each, row)]
    return merged([*rows, *free])


def restated(rows: Sequence[Stretch], new: Stretch, was: CoverState) -> list[Stretch]:
    """The rows with `new` only where they said `was`."""
    changed: list[Stretch] = []
    for row in rows:
        start, end = max(row.start, new.start), min(row.end, new.end)
        if row.state is not was or end <= start:
            changed.append(row)
            continue
        changed += [*_outside(row, new), replace(new, start=start, end=end)]
    return merged(changed)


def merged(rows: Iterable[Stretch]) -> list[Stretch]:
    """The rows in order, neighbours that say the same as one. They must not overlap."""
    found: list[Stretch] = []
    for row in sorted(rows):
        last = found[-1] if found else None
        if last and last.end == row.start and (last.state, last.why) == (row.state, row.why):
            found[-1] = replace(last, end=row.end)
        else:
            found.append(row)
    return found


def _outside(row: Stretch, cut: Stretch) -> list[Stretch]:
    """What is left of `row` without the time of `cut`."""
    before = replace(row, end=min(row.end, cut.start))
    after = replace(row, start=max(row.start, cut.end))
    return [piece for piece in (before, after) if piece.end > piece.start]
