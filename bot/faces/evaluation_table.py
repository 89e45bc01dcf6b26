"""Probes beside the persons of a gallery, scored as a running Homeward scores: without age, with templates.

Numbers in, numbers out, for bot/faces/evaluation.py; nothing is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from bot.faces.models import Vector
from bot.match.ageing import Direction, direction, without
from bot.match.normalise import template

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shot:
    """One face of one photo: whose (a name), how old it is there (years, None if unknown), its embedding."""

    identity: str
    age: float | None
    vector: Vector


@dataclass(frozen=True, slots=True)
class Persons:
    """A gallery by person: names, the photos of each in their order, and whether age is taken out."""

    names: tuple[str, ...]
    shots: tuple[tuple[Shot, ...], ...]
    takes_age: bool = True

    @classmethod
    def of(cls, gallery: Sequence[Shot], *, takes_age: bool = True) -> Persons:
        """The persons of a gallery, by name."""
        ordered = sorted(gallery, key=lambda shot: shot.identity)
        grouped = [(name, tuple(shots)) for name, shots in groupby(ordered, lambda shot: shot.identity)]
        return cls(tuple(name for name, _ in grouped), tuple(shots for _, shots in grouped), takes_age)

    def some(self, chosen: Sequence[int]) -> Persons:
        """These persons alone."""
        names, shots = tuple(self.names[n] for n in chosen), tuple(self.shots[n] for n in chosen)
        return Persons(names, shots, self.takes_age)

    def age(self) -> Direction | None:
        """What age does to their vectors, None where too few ages are known."""
        known = [shot for shots in self.shots for shot in shots if shot.age is not None]
        if not known or not self.takes_age:
            return None
        ages = np.array([shot.age for shot in known], dtype=np.float64)
        return direction(np.array([shot.vector for shot in known], dtype=np.float32), ages)


def similarities(probes: NDArray[np.float32], persons: Persons) -> tuple[Floats, Floats]:
    """(probes, persons): how alike each probe is to each person, and the age in the photo plainly most alike.

    `probes` (n, dimension) are plain vectors. NaN where that photo's age is not known.
    """
    age = persons.age()
    turned = without(probes, age).astype(np.float64)
    plain = probes.astype(np.float64)
    cosines = np.empty((len(probes), len(persons.names)))
    ages = np.empty_like(cosines)
    for column, shots in enumerate(persons.shots):
        own = np.array([shot.vector for shot in shots], dtype=np.float32)
        cosines[:, column] = (turned @ entries(own, age).astype(np.float64).T).max(axis=1)
        known = np.array([np.nan if shot.age is None else shot.age for shot in shots])
        ages[:, column] = known[(plain @ own.astype(np.float64).T).argmax(axis=1)]
    return cosines, ages


def entries(photos: NDArray[np.float32], age: Direction | None) -> NDArray[np.float32]:
    """What a gallery holds of a person's photos (n, dimension): without age, of several also their mean."""
    turned = without(photos, age)
    if len(turned) < 2:
        return turned
    try:
        return np.vstack([turned, template(list(turned))])
    except ValueError:
        return turned
