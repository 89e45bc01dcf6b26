"""The direction of age: learnt from enough photos, half of it taken out, plain where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from bot.match.ageing import FEWEST_PHOTOS, TAKEN, direction, without
from bot.match.inputs import Hit, Thresholds

D = 32


def aged(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Made-up vectors that lie the further along the first axis the older they are."""
    draw = np.random.default_rng(seed)
    ages = draw.uniform(0, 18, count)
    vectors = draw.normal(size=(count, D))
    vectors[:, 0] += (ages - 9) / 2
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit, ages


def test_the_direction_points_where_the_photos_get_older() -> None:
    found = direction(*aged(400))
    assert found is not None and found.dtype == np.float32
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)
    assert found[0] > 0.9, "along the axis of age"


def test_too_few_photos_or_all_of_one_age_give_no_direction() -> None:
    vectors, ages = aged(FEWEST_PHOTOS)
    assert direction(vectors, ages) is not None
    assert direction(vectors[:-1], ages[:-1]) is None
    assert direction(vectors, np.full(len(ages), 7.0)) is None
    assert direction(np.tile(vectors[:1], (FEWEST_PHOTOS, 1)), ages) is None, "one photo many times"


def test_half_of_the_direction_goes_and_lengths_stay() -> None:
    axis = np.eye(1, D, dtype=np.float32)[0]
    vectors, _ = aged(20)
    turned = without(vectors, axis)
    assert np.allclose(np.linalg.norm(turned, axis=1), 1, atol=1e-6)
    rest = vectors.copy()
    rest[:, 0] *= 1 - TAKEN
    assert np.allclose(turned, rest / np.linalg.norm(rest, axis=1, keepdims=True), atol=1e-6)
    assert np.allclose(without(vectors[3], axis), turned[3], atol=1e-7), "one vector like many"


def test_photos_of_one_child_years_apart_come_nearer() -> None:
    vectors, ages = aged(400)
    found = direction(vectors, ages)
    draw = np.random.default_rng(5)
    own = draw.normal(size=(50, D))
    pairs = []
    for years in (-4.0, 4.0):
        moved = own.copy()
        moved[:, 0] += years
        pairs.append((moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32))
    before = (pairs[0] * pairs[1]).sum(axis=1).mean()
    after = (without(pairs[0], found) * without(pairs[1], found)).sum(axis=1).mean()
    assert after > before + 0.05


def test_without_a_direction_vectors_stay_as_they_are() -> None:
    vectors, _ = aged(3)
    assert without(vectors, None) is vectors


def test_a_hit_tells_the_plain_cosine_where_the_gallery_ranks_by_another() -> None:
    assert Hit("a", "a|1", 0.4, 1).plain == 0.4
    assert Hit("a", "a|1", 0.4, 1, 0.7).plain == 0.7


def test_start_scores_hold_for_their_group_until_own_numbers_are_accepted() -> None:
    limits = Thresholds(review_normalised=3.4, start=(("0-3", 3.3), ("4-8", 4.0)))
    assert [limits.review_score(looks) for looks in ("0-3", "4-8", "9-12")] == [3.3, 4.0, 3.4]
    assert limits.least_review_score == 3.3
