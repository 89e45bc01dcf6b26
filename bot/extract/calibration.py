"""How often a reading of this kind and score was right: the weights of the final where and when.

Pure: tables and straight lines between their points. The numbers are fitted by benchmarks/calibration.py on
posts that no rule was made on; nothing here reads a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from bot.extract.calibration_tables import PLACES, TIMES

Curve = Sequence[tuple[float, float]]
"""Points (score, share right), both rising."""
_LEAST, _MOST = 0.02, 0.98


def rate(table: Mapping[str, Mapping[str, Curve]], language: str, kind: str, score: float) -> float:
    """The hit rate to expect, 0.02 to 0.98; kinds without a curve of their own take that of "any"."""
    curves = table["zh" if language.startswith("zh") else "en"]
    return round(min(_MOST, max(_LEAST, along(curves.get(kind) or curves["any"], score))), 3)


def along(curve: Curve, score: float) -> float:
    """The height of the curve over `score`: flat before its first and after its last point."""
    if score <= curve[0][0]:
        return curve[0][1]
    for (low, a), (high, b) in pairwise(curve):
        if score <= high:
            return a + (b - a) * (score - low) / (high - low)
    return curve[-1][1]


def time_rate(language: str, kind: str, score: float) -> float:
    """Share of first readings of a time of this kind ("clock", "ago", "part" …) and score that were right."""
    return rate(TIMES, language, kind, score)


def place_rate(language: str, kind: str, score: float) -> float:
    """Share of first readings of a place of this kind and score whose circle met the true one."""
    return rate(PLACES, language, kind, score)


def spread(first: float, rest: Sequence[float]) -> list[float]:
    """Weights of the readings after the first: what it leaves over, in their proportions, none above it."""
    total = sum(rest)
    if not total:
        return []
    return [round(min(first, (1.0 - first) * weight / total), 3) for weight in rest]
