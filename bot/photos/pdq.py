"""PDQ, the 256-bit perceptual hash in which programmes against child abuse exchange pictures.

Written from its description (Davis, Rosen: hashing.pdf in facebook/ThreatExchange, 2019): luma, two passes
of a box filter each way, 64 x 64 samples, 16 x 16 cosine terms, one bit a term. Compares nothing.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BITS = 256
VARIANTS = 8
MAX_QUALITY = 100
_SAMPLES, _TERMS = 64, 16
_LONGEST_PX = 512
_SHORTEST_PX = 5
_LUMA = (0.299, 0.587, 0.114)
_QUALITY_STEPS = 90

Matrix = NDArray[np.float64]


def pdq(image: Image.Image) -> tuple[tuple[str, ...], int]:
    """The eight hashes of an upright picture (64 hex digits each) and its quality, 0 to 100.

    First the picture as it is; then turned by 90, 180 and 270 degrees and mirrored, from the same cosine
    terms. A flat or tiny picture has quality 0 and its hashes say nothing.
    """
    luma = _luma(image)
    if min(luma.shape) < _SHORTEST_PX:
        return ("0" * (BITS // 4),) * VARIANTS, 0
    small = _sampler(luma.shape[0]) @ luma @ _sampler(luma.shape[1]).T
    terms = _cosines() @ small @ _cosines().T
    return tuple(_hex(variant) for variant in _turned(terms)), _quality(small)


def _luma(image: Image.Image) -> Matrix:
    """Grey values 0 to 255, at most 512 each way: the shape of the picture does not matter to the hash."""
    width, height = (min(side, _LONGEST_PX) for side in image.size)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.BOX)
    channels = np.asarray(image.convert("RGB"), dtype=np.float64)
    return np.asarray((channels.reshape(-1, 3) @ np.array(_LUMA)).reshape(height, width))


@lru_cache(maxsize=16)
def _sampler(size: int) -> Matrix:
    """(64, size): two box filters half a sample wide, then every sample's middle."""
    window = (size + 2 * _SAMPLES - 1) // (2 * _SAMPLES)
    ahead = (window + 2) // 2
    box = np.zeros((size, size))
    for at in range(size):
        first, last = max(0, at - (window - ahead)), min(size, at + ahead)
        box[at, first:last] = 1 / (last - first)
    middles = ((np.arange(_SAMPLES) + 0.5) * size / _SAMPLES).astype(int)
    return np.asarray(box[middles] @ box)


@lru_cache(maxsize=1)
def _cosines() -> Matrix:
    """(16, 64): the cosine terms 1 to 16; term 0, the mean brightness, is left out."""
    rows, columns = np.arange(1, _TERMS + 1)[:, None], np.arange(_SAMPLES)[None, :]
    return np.asarray(np.sqrt(2 / _SAMPLES) * np.cos(np.pi / (2 * _SAMPLES) * rows * (2 * columns + 1)))


def _turned(terms: Matrix) -> list[Matrix]:
    """The terms of the picture turned and mirrored: a mirror changes the sign of every other term."""
    sign = np.where(np.arange(_TERMS) % 2 == 0, -1.0, 1.0)
    plain = [terms, terms * sign[:, None], terms * sign[None, :], terms * sign[:, None] * sign[None, :]]
    return plain + [each.T for each in plain]


def _hex(terms: Matrix) -> str:
    """One bit a term, set above the lower median, the last term first."""
    flat = terms.ravel()
    median = np.partition(flat, BITS // 2 - 1)[BITS // 2 - 1]
    return bytes(np.packbits((flat > median)[::-1])).hex()


def _quality(small: Matrix) -> int:
    """How much the samples change from one to the next: what is flat cannot be told apart."""
    steps = [np.abs(np.trunc(np.diff(small, axis=axis) * 100 / 255)).sum() for axis in (0, 1)]
    return int(min(sum(steps) // _QUALITY_STEPS, MAX_QUALITY))
