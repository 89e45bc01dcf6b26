"""The parts beside the likeness: ages, words, marks, first hand, time and way, each a reason with its weight.

Pure. Each part says what it knows, also that it knows nothing; bot/match/score.py makes the tier of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.match import explain
from bot.match.ages import (
    Seen,
    age_gap,
    age_in_photo,
    age_when_seen,
    born_between,
    ends_before,
    oldest_in_photo,
)
from bot.match.inputs import Probe, Registered, RegisteredPhoto, Thresholds
from bot.match.signs import is_near, marks_that_agree
from bot.match.travel import Travel
from store.records.match import Reason
from store.records.photo import FaceQuality
from store.records.sighting import Who

_MARGIN_YEARS = 2.0
_MARGIN_SHARE = 0.2
# Beyond twice what people err, a written age is impossible and not only doubtful.
_IMPOSSIBLE = 2.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A probe beside one registered photo of a case, with when it was seen and the way there."""

    probe: Probe
    case: Registered
    photo: RegisteredPhoto
    seen: Seen | None
    travel: Travel

    @property
    def gap_years(self) -> float | None:
        """Years between the registered photo and the sighting, None if unknown."""
        return age_gap(self.case, self.photo, self.seen)

    @property
    def who(self) -> Who | None:
        """What the post says of one child; None where it says nothing, or speaks of several."""
        sighting = self.probe.sighting
        return sighting.who if sighting is not None and sighting.who.children in (None, 1) else None


def impossible(pair: Pair) -> tuple[str, str] | None:
    """Why the two cannot be one child, as (name, words): not born yet, or an age nobody errs to.

    None if they can be.
    """
    born = born_between(pair.case.case.date_of_birth)
    # Only what the sighting itself says counts: a platform's date may lie.
    if (
        born is not None
        and pair.seen is not None
        and not pair.seen.guessed
        and ends_before(pair.seen, born[0])
    ):
        return "before_birth", explain.impossible_birth(pair.case.case.date_of_birth)
    expected = age_when_seen(pair.case, pair.photo, pair.seen)
    if pair.who is None or expected is None:
        return None
    low, high = pair.who.age_low, pair.who.age_high
    if not _misses(low, high, expected, _IMPOSSIBLE):
        return None
    return "age_impossible", explain.impossible_age(_written(low, high), expected)


def parts(pair: Pair, similarity: float, limits: Thresholds) -> list[Reason]:
    """Every part beside the likeness, in a fixed order."""
    face, reach = pair.probe.face, limits.reach_at(pair.gap_years)
    found = [
        explain.low_quality(face.quality_why) if face.quality is FaceQuality.LOW else None,
        explain.nearly_same(similarity, reach) if similarity >= reach else None,
        *_ages(pair, limits),
        *_words(pair),
        _time(pair),
        explain.way(pair.travel, is_near(pair.travel)),
    ]
    return [reason for reason in found if reason is not None]


def _ages(pair: Pair, limits: Thresholds) -> list[Reason | None]:
    in_photo = oldest_in_photo(pair.case, pair.photo)
    when_seen = age_when_seen(pair.case, pair.photo, pair.seen)
    sighting = pair.probe.sighting
    written = sighting.who.age_low if sighting is not None else None
    # An age of 5 lasts until the sixth birthday.
    limit = limits.young_years + 1
    small = in_photo if in_photo is not None and in_photo < limit else None
    ages = (when_seen[0] if when_seen else None, written)
    others = [age for age in ages if age is not None and age < limit]
    years = pair.gap_years
    return [
        explain.young(small, others[0] if others else None) if small is not None or others else None,
        explain.unknown_age() if age_in_photo(pair.case, pair.photo) is None else None,
        explain.gap(years) if years is not None else None,
    ]


def _words(pair: Pair) -> list[Reason | None]:
    """What the post says of the child beside what is registered of it."""
    sighting = pair.probe.sighting
    if sighting is None:
        return []
    who, case = sighting.who, pair.case.case
    expected = age_when_seen(pair.case, pair.photo, pair.seen)
    # With several children in the post it is not known of whom it speaks.
    several = pair.who is None
    found: list[Reason | None] = [explain.sex(who.sex, case.sex, several)]
    if not several:
        found.append(_age(who, expected))
        agreeing = marks_that_agree(who.marks, case.marks)
        found.append(explain.marks(agreeing, bool(who.marks), bool(case.marks)))
    found.append(explain.first_hand(sighting.first_hand, sighting.first_hand_weight))
    return found


def _age(who: Who, expected: tuple[float, float] | None) -> Reason:
    if expected is not None and _misses(who.age_low, who.age_high, expected, 1.0):
        low = who.age_low if who.age_low is not None else who.age_high
        high = who.age_high if who.age_high is not None else low
        assert low is not None and high is not None
        return explain.age_contradiction(low, high, expected)
    return explain.age_agreement(who.age_low, who.age_high, expected)


def _time(pair: Pair) -> Reason | None:
    last_seen = pair.case.case.last_seen_on
    if last_seen is None or pair.seen is None or not ends_before(pair.seen, last_seen):
        return None
    return explain.before_last_seen()


def _misses(low: float | None, high: float | None, expected: tuple[float, float], times: float) -> bool:
    """Do the written ages miss the expected ones by so many times what people err about children's ages?"""
    margin = times * (_MARGIN_YEARS + _MARGIN_SHARE * expected[1])
    too_old = low is not None and low > expected[1] + margin
    too_young = high is not None and high + 1 < expected[0] - margin
    return too_old or too_young


def _written(low: float | None, high: float | None) -> str:
    numbers = [f"{age:.0f}" for age in (low, high) if age is not None]
    return " to ".join(dict.fromkeys(numbers))
