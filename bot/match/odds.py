"""Of a thousand candidates shown like this one, about how many were right: with interval and basis.

Pure arithmetic. From reviewed outcomes where there are enough; otherwise from how seldom a child that people
report is a missing one, and from how often unrelated faces are as alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.match.thresholds import share

ENOUGH_REVIEWED = 50
"""From so many reviewed candidates of the same kind on their outcomes are used in place of the reckoning."""

# When police looked into 135 children of the first campaign of this kind, all were with their parents.
CHECKED, MISSING_AMONG_THEM = 135, 0


@dataclass(frozen=True, slots=True)
class Odds:
    """About so many right of 1,000 shown like this, between `low` and `high` (95 %), and on what it rests.

    `is_bound`: `right` is what they are at most.
    """

    right: float
    low: float
    high: float
    basis: str
    is_bound: bool = False

    @property
    def words(self) -> str:
        """In a sentence."""
        about = "at most" if self.is_bound else "about"
        about = "" if 0 < self.right < 1 else f"{about} "
        low, high = _whole(self.low), _whole(self.high)
        number = f"{about}{_whole(self.right)} were right ({low} to {high})"
        return f"Of 1,000 shown like this {number}; {self.basis}."


def from_reviews(possible: int, decided: int) -> Odds | None:
    """From candidates of the same kind that people decided: how many they called possible.

    None if too few were decided.
    """
    if decided < ENOUGH_REVIEWED:
        return None
    found = share(possible, decided)
    basis = f"people called {possible} of {decided} such candidates a possible resemblance, which is no proof"
    return Odds(1000 * found.value, 1000 * found.low, 1000 * found.high, basis)


def from_rates(fpir: float | None, tpir: float | None, rank: int) -> Odds | None:
    """From the base rate and how often unrelated (`fpir`) and right faces (`tpir`) are as alike.

    By Bayes' rule. For a face that is not the most similar it is a bound: at most one of a probe's
    candidates is right. None where one of the rates was never measured.
    """
    if not fpir or tpir is None:
        return None
    base = share(MISSING_AMONG_THEM, CHECKED)
    middle = (MISSING_AMONG_THEM + 0.5) / (CHECKED + 1)
    basis = (
        f"reckoned, since fewer than {ENOUGH_REVIEWED} such ones were decided here: of {CHECKED} "
        f"reported children whom police checked {MISSING_AMONG_THEM} were missing, and {fpir * 100:.2g} % "
        "of unrelated faces are as alike"
    )
    right, low, high = (1000 * _right(rate, fpir, tpir) for rate in (middle, base.low, base.high))
    return Odds(right, 0.0 if rank > 1 else low, high, basis, is_bound=rank > 1)


def _right(rate: float, fpir: float, tpir: float) -> float:
    found = rate * tpir
    return found / (found + (1 - rate) * fpir)


def _whole(value: float) -> str:
    return "fewer than 1" if 0 < value < 1 else f"{value:,.0f}"
