"""From scores of unrelated photos to thresholds that keep the operator's wish: numbers for people to accept.

Pure arithmetic. It proposes; nothing here puts a number into force.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.match.inputs import Band, Measured, Thresholds, Wish
from bot.match.thresholds import fewest, fpir, threshold_for

GROUPS = ("0-3", "4-8", "9-12", "13+", "unknown")
"""The groups of likely ages (bot/match/normalise.py)."""

ALERT_CONFIDENCE = 0.9
"""How sure it must be that unseen photos keep the wished share of false alerts."""
MOST_SHOWN = 0.36
"""However few photos come: below the score of this share likenesses are chance (docs/faces.md)."""
FEWEST_OF_BAND = 50
"""With fewer photos of a group the review threshold of all groups together serves."""
_NEVER_ALERT = ("0-3", "unknown")
_POINTS = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
_SIZES = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """The best score of a compared photo, its likely ages, and whether a person called it possible."""

    photo: str
    looks: str
    score: float
    is_possible: bool = False


@dataclass(frozen=True, slots=True)
class BandNumbers:
    """What is proposed for one group: thresholds, on how many photos they rest, points of the measurement.

    `alert` is None where the wish cannot be promised yet; `needed` says how many photos that takes.
    """

    looks: str
    photos: int
    review: float
    alert: float | None
    shown: int
    needed: int
    points: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbers:
    """A proposal: the wish, what was seen, numbers by group, and what they would have done.

    `reviews_a_day` is how many photos a day would have been shown with the proposed numbers, `kept` how
    many of the `possible` ones that people found.
    """

    wish: Wish
    cases: int
    days: float
    photos_a_day: float
    bands: tuple[BandNumbers, ...]
    reviews_a_day: float
    possible: int
    kept: int


def propose(seen: Iterable[Seen], *, wish: Wish, cases: int, days: float) -> Numbers | None:
    """Thresholds by group of likely ages from compared photos of `days` days; None when there are none.

    `seen` holds one entry a face; of a photo its best counts. Possible ones are no unrelated photos.
    """
    photos = _by_photo(seen)
    unrelated = [item for item in photos if not item.is_possible]
    if not unrelated or days <= 0:
        return None
    a_day = len(photos) / days
    target = max(1e-4, min(MOST_SHOWN, wish.reviews_per_day / a_day))
    pooled = _review([item.score for item in unrelated], target)
    bands = tuple(
        _band(looks, [item.score for item in unrelated if item.looks == looks], target, pooled, wish)
        for looks in GROUPS
    )
    limit = {band.looks: band.review for band in bands}
    shown = sum(item.score >= limit[item.looks] for item in photos)
    possible = [item for item in photos if item.is_possible]
    kept = sum(item.score >= limit[item.looks] for item in possible)
    return Numbers(wish, cases, days, a_day, bands, shown / days, len(possible), kept)


def _by_photo(seen: Iterable[Seen]) -> list[Seen]:
    best: dict[str, Seen] = {}
    for item in seen:
        item = item if item.looks in GROUPS else replace(item, looks="unknown")
        held = best.get(item.photo)
        if held is None or (item.is_possible, item.score) > (held.is_possible, held.score):
            best[item.photo] = item
    return [best[photo] for photo in sorted(best)]


def _review(scores: Sequence[float], target: float) -> float:
    found = threshold_for(scores, target)
    # Too few to promise it: then above everything that was seen, so that nothing floods the reviewers.
    return max(scores) if found is None else found


def _band(looks: str, scores: list[float], target: float, pooled: float, wish: Wish) -> BandNumbers:
    review = _review(scores, target) if len(scores) >= FEWEST_OF_BAND else pooled
    rare = 1 / wish.photos_per_false_alert
    alert = None if looks in _NEVER_ALERT else threshold_for(scores, rare, ALERT_CONFIDENCE)
    points = []
    for share in _POINTS:
        found = threshold_for(scores, share)
        if found is not None:
            points.append(Measured(found, share))
    return BandNumbers(
        looks,
        len(scores),
        review,
        None if alert is None else max(alert, review),
        fpir(scores, review).hits,
        fewest(rare, ALERT_CONFIDENCE),
        tuple(points),
    )


def in_force(usual: Thresholds, numbers: Numbers) -> Thresholds:
    """The thresholds of a model with accepted numbers in place; they hold for registries of its size."""
    bands = tuple(Band(b.looks, b.review, b.alert, b.points, b.photos) for b in numbers.bands)
    low, high = (round(numbers.cases * times) for times in _SIZES)
    sizes = (max(usual.min_cases_normalised, low), high)
    return replace(usual, bands=bands, measured_cases=sizes)


def as_wished(usual: Thresholds, wish: Wish) -> Thresholds:
    """Thresholds that were measured elsewhere, beside a wish: what they cannot promise alerts nobody."""
    if usual.bands:
        return usual
    rare = 1 / wish.photos_per_false_alert
    points = [*usual.measured, *(point for each in usual.by_looks for point in each.points)]
    able = [point.score for point in points if point.fpir <= rare]
    alert = max(usual.alert_normalised, min(able)) if able else float("inf")
    return replace(usual, alert_normalised=alert, most_false=rare)
