"""Whether two pictures with near codes really are one: aligned, then compared in their fine structure.

The second opinion before anything is called a copy. Works on clean JPEGs made small by
bot/photos/windows.py; decides nothing about posts.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.photos.windows import Prepared

_SIDE = 96
_FINE_PX = 6.0
_RIM = 10
_STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
_LEAST_CONTRAST = 2.0
_LEAST_OVERLAP = 0.6
# Two flat areas with one edge between them are alike everywhere: a picture of its own has corners.
# Counted in 10 x 10 fields; photos have 6 or more, silhouettes and gradients 5 or fewer.
_CORNER, _FIELD_PX, _FEWEST_FIELDS = 3e-5, 8, 6

Plane = NDArray[np.float32]


def correlation(a: Prepared, row_a: int, b: Prepared, row_b: int, mirrored: bool) -> float:
    """How alike the fine structure of two regions is after alignment: 1 the same, around 0 unrelated.

    -1 where the regions cannot be aligned or have no structure to compare.
    """
    one, two = _plane(a.region(row_a)), _plane(b.region(row_b))
    if mirrored:
        two = np.ascontiguousarray(two[:, ::-1])
    if min(_fields_with_corners(one), _fields_with_corners(two)) < _FEWEST_FIELDS:
        return -1.0
    warp = _alignment(one, two)
    if warp is None:
        return -1.0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved: Any = cv2.warpAffine(two, warp, (_SIDE, _SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    covered: Any = cv2.warpAffine(np.ones_like(two), warp, (_SIDE, _SIDE), flags=flags) > 0.99
    if covered.mean() < _LEAST_OVERLAP:
        return -1.0
    return _fine_correlation(one, moved, covered)


def _plane(region: NDArray[np.uint8]) -> Plane:
    plane: Plane = cv2.resize(region, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return plane


def _fields_with_corners(plane: Plane) -> int:
    """In how many fields of the plane lies a corner (the smaller eigenvalue of the gradients' spread)."""
    smooth = cv2.GaussianBlur(plane / 255, (0, 0), 1.0)
    strength: Any = cv2.cornerMinEigenVal(smooth, 5)[_FIELD_PX:-_FIELD_PX, _FIELD_PX:-_FIELD_PX]
    fields = strength.reshape(10, _FIELD_PX, 10, _FIELD_PX).max(axis=(1, 3))
    return int((fields > _CORNER).sum())


def _alignment(one: Plane, two: Plane) -> NDArray[np.float32] | None:
    """The affine map from `one` into `two` by maximising their correlation (Evangelidis, Psarakis 2008)."""
    start = np.eye(2, 3, dtype=np.float32)
    try:
        _, warp = cv2.findTransformECC(one, two, start, cv2.MOTION_AFFINE, _STEPS)
    except cv2.error:
        return None
    return np.asarray(warp, dtype=np.float32)


def _fine_correlation(one: Plane, two: Plane, where: NDArray[np.bool_]) -> float:
    """Correlation without the coarse light and dark, which skies and walls share."""
    fine = [plane - cv2.GaussianBlur(plane, (0, 0), _FINE_PX) for plane in (one, two)]
    # At the rim the blur has nothing to go by and leaves marks of its own.
    where = where[_RIM:-_RIM, _RIM:-_RIM]
    x, y = (part[_RIM:-_RIM, _RIM:-_RIM][where] for part in fine)
    spread_x, spread_y = float(x.std()), float(y.std())
    if min(spread_x, spread_y) < _LEAST_CONTRAST:
        return -1.0
    return float(((x - x.mean()) * (y - y.mean())).mean() / (spread_x * spread_y))
