"""From measured scores of unrelated faces to thresholds that keep a wish, and back to shares with intervals.

Pure arithmetic on numbers: no face, model, clock or database is known here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """A measured share with its 95 % Wilson interval: `hits` of `n`."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself, 0 where nothing was measured."""
        return self.hits / self.n if self.n else 0.0


def share(hits: int, n: int) -> Share:
    """`hits` of `n` with the 95 % interval of Wilson (1927); of nothing, the whole range."""
    if n == 0:
        return Share(0, 0, 0.0, 1.0)
    rate, squared = hits / n, Z_95 * Z_95
    middle = (rate + squared / (2 * n)) / (1 + squared / n)
    half = Z_95 * math.sqrt(rate * (1 - rate) / n + squared / (4 * n * n)) / (1 + squared / n)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return Share(hits, n, low, 1.0 if hits == n else min(1.0, middle + half))


def allowed(n: int, target: float, confidence: float) -> int:
    """How many of `n` unrelated probes may reach a threshold so that its true FPIR is at most `target`.

    With probability `confidence` over the draw of the probes (the order statistic's share of unseen
    ones is Beta(j, n - j + 1): Vovk 2012, doi 10.1007/s10994-013-5355-6). 0 may mean that `n` is too
    small to promise anything: see `fewest`.
    """
    most, tail = 0, 1.0
    for count in range(1, n + 1):
        tail -= _binomial(n, target, count - 1)  # P(at least `count` of n reach it)
        if tail < confidence:
            break
        most = count
    # The j-th greatest score itself reaches a threshold laid upon it, so one fewer may lie above.
    return max(0, most - 1)


def fewest(target: float, confidence: float) -> int:
    """How many unrelated probes are needed before any threshold can promise an FPIR of `target`."""
    return math.ceil(math.log(1 - confidence) / math.log(1 - target))


def threshold_for(scores: Sequence[float], target: float, confidence: float = 0.5) -> float | None:
    """The lowest score above which at most a share `target` of unrelated probes lies.

    `scores` are the best scores of unrelated probes, one a probe. `confidence` is that of keeping the
    target with unseen probes; .5 aims at the target itself, .9 leaves a margin. None when there are too
    few probes (`fewest`).
    """
    if not 0 < target < 1:
        raise ValueError(f"target is {target}; a share between 0 and 1 is needed")
    if len(scores) < fewest(target, confidence):
        return None
    ordered = sorted(scores, reverse=True)
    # Strictly above the first one that must not pass.
    return math.nextafter(ordered[allowed(len(ordered), target, confidence)], math.inf)


def fpir(scores: Sequence[float], threshold: float) -> Share:
    """The share of unrelated probes whose best score reaches the threshold."""
    return share(sum(1 for score in scores if score >= threshold), len(scores))


def _binomial(n: int, p: float, k: int) -> float:
    """P(exactly k of n), in logarithms so that large n do no harm."""
    chosen = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(chosen + k * math.log(p) + (n - k) * math.log1p(-p))
