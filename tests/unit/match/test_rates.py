"""Hit rates stand with the model they were measured with: lower for small children and long gaps."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.faces import embed, fusion
from bot.match.rates import Rates

BOTH = pytest.mark.parametrize("rates", [embed.RATES, fusion.RATES], ids=["sface", "fused"])


@BOTH
def test_the_hit_rate_is_lower_for_small_children_and_long_gaps(rates: Rates) -> None:
    best = rates.reached[0]
    assert rates.tpir(7.0, 8.0, 20.0) == best.young[0] < best.older[1] == rates.tpir(7.0, 15.0, 2.0)
    assert rates.tpir(2.0, None, None) == rates.reached[-1].young[0], "unknown ages and gaps: the worse"
    assert rates.tpir(None, 8.0, 1.0) is None
    small, grown = rates.hit_rates(3.0, 15.0)[0], rates.hit_rates(15.0, 15.0)[0]
    assert small.among_20.value < grown.among_20.value
    persons = f"{rates.by_age[0].grown.persons} persons"
    assert "0 to 5 years old" in small.words and persons in small.words
    assert rates.hit_rates(None, 3.0) == () and rates.hit_rates(30.0, 3.0) == ()


@BOTH
def test_a_higher_score_is_reached_less_often(rates: Rates) -> None:
    assert tuple(each.score for each in reversed(rates.reached)) == rates.edges
    for high, low in pairwise(rates.reached):
        assert high.score > low.score
        assert all(a < b for a, b in zip(high.older + high.young, low.older + low.young, strict=True))


def test_each_model_has_numbers_of_its_own() -> None:
    assert embed.RATES.edges != fusion.RATES.edges and embed.RATES.by_age != fusion.RATES.by_age
    for wide, narrow in zip(fusion.RATES.by_age, embed.RATES.by_age, strict=True):
        assert wide.grown.among_20 > narrow.grown.among_20
