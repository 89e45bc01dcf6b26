"""Scores beside what the registry's other children reach, and thresholds that keep a wish."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.match.normalise import FEWEST, Spread, likely_age, looks, scored, spread_of, t_normed, template
from bot.match.thresholds import allowed, fewest, fpir, share, threshold_for


def test_a_spread_leaves_out_the_case_that_is_scored() -> None:
    others = [0.1 + n / 1000 for n in range(40)]
    assert spread_of([*others, 0.9], 100, without=0.9) == spread_of(others, 100)
    assert spread_of([0.5, 0.1, 0.3], 2) == Spread(0.4, pytest.approx(0.1), 2)
    assert spread_of([], 5) == Spread(0.0, 0.0, 0)


def test_a_score_counts_deviations_and_with_both_spreads_it_is_their_mean() -> None:
    probe, entry = Spread(0.2, 0.1, 50), Spread(0.4, 0.05, 50)
    assert scored(0.5, probe) == pytest.approx(3.0)
    assert scored(0.5, probe, entry) == pytest.approx((3.0 + 2.0) / 2)


@pytest.mark.parametrize("spread", [Spread(0.2, 0.1, FEWEST - 1), Spread(0.2, 0.0, 100)])
def test_without_enough_different_cases_there_is_no_score(spread: Spread) -> None:
    assert scored(0.9, spread) is None
    assert scored(0.9, Spread(0.2, 0.1, 50), spread) == pytest.approx(7.0), "the probe's alone is left"


@settings(max_examples=10, deadline=None)
@given(st.integers(FEWEST + 1, 160), st.integers(0, 10_000))
def test_all_at_once_gives_what_one_by_one_gives(cases: int, seed: int) -> None:
    row = np.random.default_rng(seed).normal(0, 0.1, (1, cases))
    alone = [scored(value, spread_of(row[0].tolist(), 100, without=value)) for value in row[0].tolist()]
    assert t_normed(row)[0] == pytest.approx(alone, abs=1e-9)


def test_too_few_or_equal_cases_give_no_number() -> None:
    assert np.isnan(t_normed(np.zeros((2, FEWEST)))).all()
    assert np.isnan(t_normed(np.full((2, 50), 0.3))).all()


def test_the_likely_age_is_that_of_the_nearest_cases() -> None:
    assert likely_age([4, 6, None, 8, 5, 7]) == pytest.approx(6)
    assert likely_age([4, None, None, None, 5]) is None
    assert [looks(age) for age in (0, 3.9, 4, 8.9, 9, 13, 40, None)] == [
        "0-3", "0-3", "4-8", "4-8", "9-12", "13+", "13+", "unknown",
    ]  # fmt: skip


def test_a_template_is_the_mean_direction() -> None:
    one, two = np.eye(3, dtype=np.float32)[:2]
    assert template([one, two]) == pytest.approx([math.sqrt(0.5), math.sqrt(0.5), 0])
    for bad in ([], [one, -one]):
        with pytest.raises(ValueError, match=r"at least one|cancel"):
            template(bad)


# ── thresholds ───────────────────────────────────────────────────────────────────────────────────


def test_a_share_has_wilsons_interval() -> None:
    found = share(5, 100)
    assert (found.value, round(found.low, 4), round(found.high, 4)) == (0.05, 0.0215, 0.1118)
    assert (share(0, 10).low, share(10, 10).high, share(0, 0).high) == (0.0, 1.0, 1.0)


def test_too_few_probes_promise_nothing() -> None:
    assert fewest(0.01, 0.9) == 230
    assert threshold_for([0.1] * 229, 0.01, 0.9) is None
    assert threshold_for([n / 300 for n in range(300)], 0.01, 0.9) is not None


@pytest.mark.parametrize("wrong", [0.0, 1.0, -1.0])
def test_a_wish_that_is_no_share_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="share"):
        threshold_for([1.0] * 1000, wrong)


def test_the_margin_keeps_the_wish_as_often_as_it_says() -> None:
    chance = random.Random(4)
    kept = {0.5: 0, 0.9: 0}
    for _ in range(300):
        scores = [chance.random() for _ in range(400)]
        for confidence in kept:
            line = threshold_for(scores, 0.05, confidence)
            assert line is not None
            kept[confidence] += 1 - line <= 0.05
    assert 0.42 <= kept[0.5] / 300 <= 0.65 and 0.86 <= kept[0.9] / 300 <= 0.97


@settings(max_examples=15)
@given(st.lists(st.floats(-5, 15), min_size=70, max_size=120), st.sampled_from([0.01, 0.1, 0.5]))
def test_no_more_than_allowed_reach_the_threshold(scores: list[float], target: float) -> None:
    line = threshold_for(scores, target)
    assert line is not None
    assert fpir(scores, line).hits <= allowed(len(scores), target, 0.5) <= target * len(scores) + 1
