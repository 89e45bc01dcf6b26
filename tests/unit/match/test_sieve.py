"""The quick look lets through whatever the judgement would show, and keeps most of the rest away."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.match.inputs import Cohort, Hit, Thresholds
from bot.match.score import rank
from bot.match.sieve import may_be_shown
from tests.unit.match.test_score import probe, registered


def shown(similarity: float, others: list[float], size: int, limits: Thresholds) -> bool:
    """Whether the judgement makes a match of it."""
    case = registered()
    hit = Hit(case.case.id, case.photos[0].photo_key, similarity, 1)
    cohort = Cohort(tuple(sorted([similarity, *others], reverse=True)))
    return bool(
        rank(probe(), [hit], {"a": case}, cohort=cohort, gallery_size=size, model="m", thresholds=limits)
    )


def passes(similarity: float, others: list[float], size: int, limits: Thresholds) -> bool:
    column = np.array([sorted(others, reverse=True)], np.float32).reshape(1, -1)
    return bool(may_be_shown(np.array([similarity], np.float32), column, size, limits)[0])


@given(
    st.integers(0, 2**32 - 1),
    st.floats(-1, 1, width=32),
    st.sampled_from([0.0, 1e-5, 1e-4, 0.02, 0.05, 0.3]),
    st.sampled_from([3, 98, 99, 100, 140]),
    st.sampled_from([5, 99, 100, 5000]),
)
@settings(max_examples=80, deadline=None)
def test_nobody_is_lost_whom_the_judgement_would_show(
    seed: int, similarity: float, spread: float, count: int, size: int
) -> None:
    others = np.clip(np.random.default_rng(seed).normal(0.1, spread, count), -1, 1).tolist()
    limits = Thresholds()
    if shown(similarity, others, size, limits):
        assert passes(similarity, others, size, limits)


def test_just_at_the_threshold_it_is_let_through() -> None:
    others = [0.05, 0.15] * 50
    for deviations in (3.8, 3.800001, 3.7999999):
        similarity = 0.1 + 0.05 * deviations
        assert passes(similarity, others, 700, Thresholds())
    assert not passes(0.1 + 0.05 * 3.7, others, 700, Thresholds())


def test_of_strangers_nearly_all_stay_outside() -> None:
    chance = np.random.default_rng(5)
    similarity = chance.normal(0.1, 0.05, 2000).astype(np.float32)
    others = np.sort(chance.normal(0.1, 0.05, (2000, 100)).astype(np.float32), axis=1)[:, ::-1]
    assert may_be_shown(similarity, others, 700, Thresholds()).mean() < 0.01
    assert not may_be_shown(similarity, others[:, :20], 30, Thresholds()).any(), "few cases: plain cosines"


def test_missing_others_are_no_others() -> None:
    others = np.full((1, 100), -np.inf, np.float32)
    others[0, :99] = np.linspace(0.2, 0.0, 99)
    near, far = np.array([0.5], np.float32), np.array([0.2], np.float32)
    assert may_be_shown(near, others, 700, Thresholds())[0]
    assert not may_be_shown(far, others, 700, Thresholds())[0]


def test_plain_cosines_tell_copies_where_the_gallery_ranks_by_others() -> None:
    others = np.full((1, 100), 0.5, np.float32) - np.linspace(0, 0.1, 100, dtype=np.float32)
    ranked, copy = np.array([0.5], np.float32), np.array([0.99], np.float32)
    assert not may_be_shown(ranked, others, 700, Thresholds())[0]
    assert may_be_shown(ranked, others, 700, Thresholds(), copy)[0]
