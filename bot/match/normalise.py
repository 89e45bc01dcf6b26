"""Scores that mean the same for every face: a similarity beside what the registry's other children reach.

Pure arithmetic on similarities: T-norm and S-norm (Auckenthaler et al. 2000, doi 10.1006/dspr.1999.0360;
Kenny 2010), in the adaptive form that looks at the nearest cases only. No gallery or model is known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

import numpy as np
from numpy.typing import NDArray

SMALLEST_SD = 1e-4
FEWEST = 20
"""With fewer other cases the mean and deviation say too little: no score is given."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How alike one face is to the cases nearest to it, the case it is scored with left out.

    Mean and standard deviation (of the whole) of the best similarities, one a case, and their number.
    """

    mean: float
    deviation: float
    count: int

    @property
    def is_usable(self) -> bool:
        """Are there enough cases, and do they differ?"""
        return self.count >= FEWEST and self.deviation >= SMALLEST_SD


def spread_of(best: Sequence[float], k: int, *, without: float | None = None) -> Spread:
    """The spread of the `k` greatest of `best` (similarities, one a case, in any order).

    `without`: the similarity of the case being scored, taken out once where it is among them, so that
    a mate does not widen the deviation by which it is measured.
    """
    left = sorted(best, reverse=True)
    if without is not None and without in left:
        left.remove(without)
    left = left[:k]
    return Spread(fmean(left), pstdev(left), len(left)) if left else Spread(0.0, 0.0, 0)


def scored(similarity: float, probe: Spread, entry: Spread | None = None) -> float | None:
    """How many deviations a similarity lies above what is usual; None when that cannot be said.

    `probe` is the spread of the probe over the registry's cases, `entry` that of the registered photo
    over the registry's other cases. With both it is their mean (S-norm), with the probe's alone T-norm.
    """
    if not probe.is_usable:
        return None
    of_probe = (similarity - probe.mean) / probe.deviation
    if entry is None or not entry.is_usable:
        return of_probe
    return (of_probe + (similarity - entry.mean) / entry.deviation) / 2


COHORT_CASES = 100
"""How many of the nearest cases a similarity is set beside."""

NEIGHBOURS = 20
"""Of how many of the nearest cases the ages tell that of a face."""
_FEWEST_AGES = 5


def t_normed(similarities: NDArray[np.float64], k: int = COHORT_CASES) -> NDArray[np.float64]:
    """`scored` with the probe's spread alone, for every probe (row) and case (column) at once.

    (probes, cases) in and out; NaN in a row whose spread is not usable.
    """
    probes, cases = similarities.shape
    k = min(k, cases - 1)
    if k < FEWEST:
        return np.full((probes, cases), np.nan)
    best = -np.partition(-similarities, k, axis=1)[:, : k + 1]
    best.sort(axis=1)
    others = best[:, 1:]  # of a case that is not among the k best
    least = others[:, :1]
    # Around the row's own mean, so that the sums of squares keep their digits.
    middle = best.mean(axis=1, keepdims=True)
    shifted = best - middle
    total, squares = shifted.sum(axis=1, keepdims=True), (shifted**2).sum(axis=1, keepdims=True)
    own = np.where(similarities >= least, similarities, best[:, :1]) - middle
    mean = (total - own) / k
    deviation = np.sqrt(np.maximum((squares - own**2) / k - mean**2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = (similarities - middle - mean) / deviation
    return np.where(deviation >= SMALLEST_SD, scores, np.nan)


def likely_age(ages: Sequence[float | None]) -> float | None:
    """About how old a face looks, in years: the mean registered age of the cases most like it.

    `ages` of the photos of the `NEIGHBOURS` most similar cases, None where it is not registered. Good
    for choosing a threshold, for nothing else. None when fewer than five are known.
    """
    known = [age for age in ages if age is not None]
    return fmean(known) if len(known) >= _FEWEST_AGES else None


LOOKS = (4.0, 9.0, 13.0)
"""Where one group of likely ages ends and the next begins, in years."""


def looks(age: float | None) -> str:
    """The group whose threshold a face of this likely age has: "0-3", "4-8", "9-12", "13+" or "unknown"."""
    if age is None:
        return "unknown"
    names = ("0-3", "4-8", "9-12", "13+")
    return names[sum(age >= limit for limit in LOOKS)]


def template(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Several photos of one child as one vector of length 1: the mean of unit vectors.

    Raises ValueError when there is none, or when they cancel out.
    """
    if not vectors:
        raise ValueError("a template is made of at least one vector")
    total = np.sum(np.asarray(vectors, dtype=np.float64), axis=0)
    length = float(np.linalg.norm(total))
    if length < SMALLEST_SD:
        raise ValueError("the vectors of a template cancel out")
    mean: NDArray[np.float32] = (total / length).astype(np.float32)
    return mean
