"""Perceptual hashes: pictures of the same pixels have near hashes, whatever their size or quality.

Pure arithmetic: 32 x 32 grey values in, hex digits out, hex digits compared. No picture is opened.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 32
BITS = 64
_KEPT = 8
_WEAK = 1.0
_ODD_ACROSS = 0x5555_5555_5555_5555
# A picture with structure sets about half of the bits; a flat one sets few or nearly all.
_FEWEST_BITS = 8


def _dct_matrix(side: int, kept: int) -> NDArray[np.float64]:
    """The first `kept` rows of the orthonormal DCT-II matrix of `side` points."""
    points = np.arange(side)
    rows = np.cos(np.pi * (2 * points + 1) * np.arange(kept)[:, None] / (2 * side)) * np.sqrt(2 / side)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows, dtype=np.float64)


_DCT = _dct_matrix(SIDE, _KEPT)


def dct_hash(grey: NDArray[np.generic]) -> str:
    """Return the 64-bit hash of (32, 32) grey values as 16 hex digits, row by row of frequencies.

    Of the cosine transform the 8 x 8 lowest frequencies give one bit each: the sign. Frequencies too
    weak to mean anything count as none, so that a flat picture has a fixed hash. Raises ValueError
    for another shape.
    """
    if grey.shape != (SIDE, SIDE):
        raise ValueError(f"a hash is made of {SIDE} x {SIDE} values, not of {grey.shape}")
    low = _DCT @ grey.astype(np.float64) @ _DCT.T
    return np.packbits(low.ravel() > _WEAK).tobytes().hex()


def mirrored(value: str) -> str:
    """The hash of the same picture seen in a mirror: odd frequencies across change their sign."""
    return f"{int(value, 16) ^ _ODD_ACROSS:016x}"


def hamming(a: str, b: str) -> int:
    """How many bits of two hashes (hex digits of the same length) differ. Raises ValueError."""
    if len(a) != len(b) or not a:
        raise ValueError(f"hashes of {len(a)} and {len(b)} digits cannot be compared")
    return (int(a, 16) ^ int(b, 16)).bit_count()


def has_structure(value: str) -> bool:
    """False for the hash of a picture that is flat or nearly so: such hashes are near one another."""
    return _FEWEST_BITS <= int(value, 16).bit_count() <= BITS - _FEWEST_BITS


def near(a: str, b: str, most: int) -> bool:
    """Are two hashes within `most` bits, and both of pictures with structure? Missing ones never are.

    A mirrored copy counts as a copy.
    """
    if not a or not b or len(a) != len(b) or not has_structure(a) or not has_structure(b):
        return False
    return min(hamming(a, b), hamming(mirrored(a), b)) <= most
