"""What age does to the vectors of faces, learnt from the registry's own photos; vectors with half of it out.

Pure arithmetic: numbers in, numbers out. Nothing measured on other people's photos stands here, and no face's
age is estimated: the direction is the same for every face, whoever it is of.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Direction = NDArray[np.float32]
"""The way in which vectors differ most with the age in the photo: (dimension,), length 1."""

FEWEST_PHOTOS = 100
"""With fewer photos of known age, or all of about one age, no direction is given."""
_LEAST_YEARS = 1.5
_RIDGE = 1.0
TAKEN = 0.5
"""Which share of the direction is taken out: half finds more grown-up children, all of it fewer again."""


def direction(vectors: NDArray[np.float32], ages: NDArray[np.float64]) -> Direction | None:
    """The direction of age in vectors (n, dimension) of photos of known ages (n,) in years.

    By ridge regression (Hoerl and Kennard 1970, doi 10.1080/00401706.1970.10488634), its penalty as large as
    the mean variance of a value. None where the photos are too few or of too like an age.
    """
    if len(vectors) < FEWEST_PHOTOS or float(np.std(ages)) < _LEAST_YEARS:
        return None
    centred = np.asarray(vectors, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    spread = centred.T @ centred / len(centred)
    penalty = _RIDGE * float(np.trace(spread)) / spread.shape[0]
    if penalty <= 0:
        return None
    slope = centred.T @ (ages - ages.mean()) / len(centred)
    found = np.linalg.solve(spread + penalty * np.eye(spread.shape[0]), slope)
    length = float(np.linalg.norm(found))
    if not np.isfinite(length) or length == 0:
        return None
    return (found / length).astype(np.float32)


def without(vectors: NDArray[np.float32], age: Direction | None) -> NDArray[np.float32]:
    """Vectors, (n, dimension) or (dimension,), with half of the direction out, each of length 1 again.

    As they are where there is no direction. Cosines of such vectors are for ranks and normalised scores; what
    is said of copies and of how alike two photos are rests on the plain ones.
    """
    if age is None:
        return vectors
    along = np.asarray(vectors @ age)
    rest = np.asarray(vectors - np.float32(TAKEN) * along[..., None] * age, dtype=np.float32)
    length = np.linalg.norm(rest, axis=-1, keepdims=True)
    turned: NDArray[np.float32] = (rest / np.maximum(length, np.float32(1e-12))).astype(np.float32)
    return turned
