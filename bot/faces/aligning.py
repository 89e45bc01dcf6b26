"""Turn a face upright and cut it out by its five landmarks, as recognisers were trained to see it.

Geometry and one resampling; no network is run here.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bot.faces.models import CROP_SIDE_PX, Pixels
from store.records.photo import FaceBox

# Where the five landmarks lie in a crop of 112 pixels: the places that recognisers of the ArcFace family
# were trained with (Deng et al. 2019, doi 10.1109/CVPR.2019.00482).
_PLACES_112 = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)


def aligned(rgb: Pixels, box: FaceBox, side_px: int) -> Pixels:
    """A square crop in which the landmarks lie as near as may be to their usual places.

    By the similarity transform of least squares (Umeyama 1991, doi 10.1109/34.88573).
    """
    matrix = _similarity(np.asarray(box.landmarks, dtype=np.float64), _PLACES_112 * side_px / CROP_SIDE_PX)
    return np.asarray(cv2.warpAffine(rgb, matrix, (side_px, side_px)), dtype=np.uint8)


def _similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, 3): turn, scale and shift that bring `source` points (n, 2) nearest to `target`."""
    from_middle, to_middle = source.mean(axis=0), target.mean(axis=0)
    a, b = source - from_middle, target - to_middle
    u, stretched, v = np.linalg.svd(b.T @ a / len(a))
    signs = np.array([1.0, np.sign(np.linalg.det(u @ v)) or 1.0])
    turn = u @ np.diag(signs) @ v
    scale = float((stretched * signs).sum() / max(a.var(axis=0).sum(), 1e-12))
    return np.hstack([scale * turn, (to_middle - scale * turn @ from_middle)[:, None]])
