"""What stands beside a candidate: of a thousand shown like it how many were right, and measured hit rates.

Counts what people decided; where that is too little, reckons. Decides nothing.
"""

from __future__ import annotations

import math

from bot.match import odds
from bot.match.odds import Odds
from bot.match.rates import HitRate, Rates
from bot.pipeline import models
from bot.pipeline.road import Road
from store import match_groups
from store.db import Transaction
from store.records.match import Label, Match

_COSINE_STEP = 0.05


class Tally:
    """Odds of many candidates, in one transaction: candidates of one kind are counted once."""

    def __init__(self, road: Road, tx: Transaction) -> None:
        self._road, self._tx = road, tx
        self._rates: dict[str, Rates | None] = {}
        self._counted: dict[tuple[str, bool, float, float, bool], tuple[int, int]] = {}

    def of(self, match: Match, photo_age: float | None) -> Odds | None:
        """From reviewed candidates of the same kind, else reckoned; None for copies and the never measured.

        The same kind: of the same model, between the same two measured scores, as the most similar or not.
        """
        if match.label is not Label.SIGHTING:
            return None
        found = odds.from_reviews(*self._outcomes(match))
        rates = self._measured(match)
        if found is not None or rates is None:
            return found
        rate = rates.tpir(match.score, photo_age, match.age_gap_years)
        return odds.from_rates(match.fpir, rate, match.rank)

    def hit_rates(self, match: Match, photo_age: float | None) -> tuple[HitRate, ...]:
        """How often the right child was found for such an age and gap; nothing for a model not measured."""
        rates = self._measured(match)
        return () if rates is None else rates.hit_rates(photo_age, match.age_gap_years)

    def _measured(self, match: Match) -> Rates | None:
        """What was measured with the very model that made the match, None if nothing was."""
        if match.model not in self._rates:
            found = models.named(self._road, match.model)
            self._rates[match.model] = found.rates if found is not None else None
        return self._rates[match.model]

    def _outcomes(self, match: Match) -> tuple[int, int]:
        rates = self._measured(match)
        edges = rates.edges if rates else tuple(p.score for p in self._road.rules.thresholds.measured)
        low, high = _between(match, edges)
        kind = (match.model, match.rank == 1, low, high, match.score is not None)
        if kind not in self._counted:
            self._counted[kind] = match_groups.outcomes(
                self._tx, match.model, is_first=kind[1], low=low, high=high, by_score=kind[4]
            )
        return self._counted[kind]


def _between(match: Match, measured: tuple[float, ...]) -> tuple[float, float]:
    """The measured scores, or steps of the cosine, between which a match lies."""
    if match.score is None:
        step = math.floor(match.similarity / _COSINE_STEP)
        return step * _COSINE_STEP, (step + 1) * _COSINE_STEP
    edges = [-math.inf, *sorted(measured), math.inf]
    return max(e for e in edges if e <= match.score), min(e for e in edges if e > match.score)
