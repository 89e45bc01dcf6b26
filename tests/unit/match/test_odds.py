"""Of a thousand shown like this about so many were right: with interval, from outcomes or from rates."""

from __future__ import annotations

import pytest

from bot.match import odds


def test_reviewed_outcomes_are_used_once_there_are_enough() -> None:
    assert odds.from_reviews(3, odds.ENOUGH_REVIEWED - 1) is None
    found = odds.from_reviews(2, 80)
    assert found is not None and found.right == pytest.approx(25)
    # Wilson's 95 % interval of 2 in 80.
    assert found.low == pytest.approx(6.9, abs=0.1) and found.high == pytest.approx(86.6, abs=0.2)
    assert "about 25 were right (7 to 87)" in found.words and "2 of 80" in found.words
    assert "no proof" in found.words


def test_nobody_called_possible_is_not_called_impossible() -> None:
    found = odds.from_reviews(0, 100)
    assert found is not None and found.low == 0 and found.high == pytest.approx(37, abs=0.5)


def test_without_outcomes_it_is_reckoned_from_the_base_rate_and_the_fpir() -> None:
    found = odds.from_rates(0.014, 0.33, rank=1)
    assert found is not None
    rate = 0.5 / 136
    assert found.right == pytest.approx(1000 * rate * 0.33 / (rate * 0.33 + (1 - rate) * 0.014))
    assert found.low == 0 < found.right < found.high < 1000
    assert "135" in found.words and "1.4 % of unrelated" in found.words and "reckoned" in found.words


def test_a_face_that_is_not_the_most_similar_gets_a_bound() -> None:
    found = odds.from_rates(0.014, 0.33, rank=4)
    assert found is not None and found.is_bound and "at most" in found.words


@pytest.mark.parametrize(("fpir", "tpir"), [(None, 0.3), (0.01, None), (0.0, 0.3)])
def test_what_was_never_measured_has_no_odds(fpir: float | None, tpir: float | None) -> None:
    assert odds.from_rates(fpir, tpir, rank=1) is None


def test_rarer_false_resemblances_mean_better_odds() -> None:
    shares = [odds.from_rates(fpir, 0.3, rank=1) for fpir in (0.36, 0.12, 0.014, 0.001)]
    right = [each.right for each in shares if each is not None]
    assert right == sorted(right) and len(set(right)) == 4
