"""How often the right child is found, as measured with one face model: by score, by age, by years between.

Pure: values and their words. The numbers themselves stand with each model; docs/faces.md says how they came.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.match.thresholds import Share, share

GROWN_GAP_YEARS = 10.0
YOUNG_PHOTO_YEARS = 13.0
GROWN_YEARS = 19.0


@dataclass(frozen=True, slots=True)
class Reached:
    """The share of right children whose normalised score reaches `score`: (seen grown up, seen young).

    `older` of registered photos in which the child is 13 years or older, `young` of those up to 12 years.
    """

    score: float
    older: tuple[float, float]
    young: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """How often the right child was the most similar, and among twenty, of about 600; of so many persons.

    Shares of pairs, several of a person, so that an interval counts persons.
    """

    first: float
    among_20: float
    persons: int


@dataclass(frozen=True, slots=True)
class AgeRates:
    """Registered photos of an age in [low, high), seen again grown up or young. Ages were estimated."""

    low: float
    high: float
    grown: Found
    young: Found


@dataclass(frozen=True, slots=True)
class GapRates:
    """Registered photos of up to 18 years, years in [low, high) between the two. Ages were estimated."""

    low: float
    high: float
    found: Found


@dataclass(frozen=True, slots=True)
class Rates:
    """What was measured with one model. `reached` has the greatest score first.

    `edges` are the scores between which candidates count as being of one kind.
    """

    reached: tuple[Reached, ...]
    by_age: tuple[AgeRates, ...]
    by_gap: tuple[GapRates, ...]
    edges: tuple[float, ...]

    def tpir(self, score: float | None, photo_age: float | None, gap_years: float | None) -> float | None:
        """How often the right child reaches such a score, by the age in its photo and the years between.

        Unknown ages count as young, unknown gaps as long: the lower rate. None without a normalised score.
        """
        if score is None:
            return None
        grown = gap_years is None or abs(gap_years) >= GROWN_GAP_YEARS
        young = photo_age is None or photo_age < YOUNG_PHOTO_YEARS
        point = next((each for each in self.reached if score >= each.score), self.reached[-1])
        return (point.young if young else point.older)[0 if grown else 1]

    def hit_rates(self, photo_age: float | None, gap_years: float | None) -> tuple[HitRate, ...]:
        """What was measured for such an age in the photo and such a gap; nothing where they are unknown."""
        if photo_age is None:
            return ()
        found = []
        grown = gap_years is None or abs(gap_years) >= GROWN_GAP_YEARS
        for age in self.by_age:
            if age.low <= photo_age < age.high:
                of = f"Of children {_to(age.low, age.high - 1)} years old in their photo, "
                of += "seen grown up" if grown else "seen again young"
                found.append(_hit_rate(of, age.grown if grown else age.young))
        for gap in self.by_gap:
            if photo_age < GROWN_YEARS and gap_years is not None and gap.low <= abs(gap_years) < gap.high:
                span = f"more than {gap.low:.0f}" if gap.high > 100 else _to(gap.low, gap.high)
                found.append(_hit_rate(f"With {span} years between the two photos", gap.found))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class HitRate:
    """How often the right child was the most similar, and among the twenty most similar of about 600."""

    of: str
    first: Share
    among_20: Share

    @property
    def words(self) -> str:
        """In a sentence, with its interval."""
        low, high = self.among_20.low * 100, self.among_20.high * 100
        return (
            f"{self.of}: the right one was the most similar of about 600 in {self.first.value:.0%} of tests "
            f"and among the twenty most similar in {self.among_20.value:.0%} ({low:.0f} to {high:.0f} %, "
            f"{self.first.n} persons)."
        )


def _to(low: float, high: float) -> str:
    return f"{low:.0f} to {high:.0f}"


def _hit_rate(of: str, found: Found) -> HitRate:
    n = found.persons
    return HitRate(of, share(round(found.first * n), n), share(round(found.among_20 * n), n))
