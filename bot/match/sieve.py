"""Which of very many resemblances may be shown at all: the quick look before bot/match/score.py judges.

Pure arithmetic on whole columns. It lets through everything that `score.rank` could turn into a match,
and somewhat more; a test holds the two together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.match.inputs import Thresholds

# Similarities come from single precision here and from double precision in the final judgement.
_MARGIN = 1e-4
_SMALLEST_SD = 1e-4


def may_be_shown(
    similarity: NDArray[np.float32],
    others: NDArray[np.float32],
    gallery_size: int,
    limits: Thresholds,
    plain: NDArray[np.float32] | None = None,
) -> NDArray[np.bool_]:
    """(n,) whether each vector's resemblance to a case can pass a threshold or be called a copy.

    `similarity` (n,) is that to the case, `others` (n, c) those to its best other cases, greatest
    first, -inf where there are fewer; `gallery_size` is in cases. `plain` (n,) are the cosines to the
    case's most similar photo where the gallery ranks by others.
    """
    cosine = similarity if plain is None else plain
    floor = min(limits.review_cosine_to_5, limits.review_cosine_6_to_12, limits.review_cosine_from_13)
    by_cosine = cosine >= min(floor, limits.copy_cosine, limits.alike_cosine) - _MARGIN
    cohort = others[:, : limits.cohort_size].astype(np.float64)
    fewest = limits.min_cases_normalised - 1
    if gallery_size < limits.min_cases_normalised or cohort.shape[1] < fewest:
        return np.asarray(by_cosine)
    is_there = np.isfinite(cohort)
    count = np.maximum(is_there.sum(axis=1), 1)
    mean = np.where(is_there, cohort, 0.0).sum(axis=1) / count
    spread = np.where(is_there, (cohort - mean[:, None]) ** 2, 0.0).sum(axis=1) / count
    deviation = np.sqrt(spread)
    by_score = similarity - mean >= (limits.least_review_score - _MARGIN) * deviation - _MARGIN
    is_scored = (count >= fewest) & (deviation >= 2 * _SMALLEST_SD)
    is_copy = cosine >= min(limits.copy_cosine, limits.alike_cosine) - _MARGIN
    return np.asarray(np.where(is_scored, by_score | is_copy, by_score | by_cosine))
